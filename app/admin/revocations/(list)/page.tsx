import type { Metadata } from 'next';
import { Clock } from '#app/_ui/clock';
import { EmptyState } from '#app/_ui/empty-state';
import { CircleCheck, CircleDashed, CircleSlash, Clock as ClockIcon } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Badge } from '#app/_ui/status';
import { ZoneNote } from '#app/_ui/zone-note';
import { listKeyChoices } from '#lib/api-keys/list-api-keys';
import { listBulkRevocations } from '#lib/bulk-revocation/list';
import { listHeldRevocations } from '#lib/bulk-revocation/list-held';
import type { BulkView } from '#lib/bulk-revocation/views';
import { countConnections } from '#lib/connections/count';
import type { Context } from '#lib/context';
import { getPerson } from '#lib/people/get';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, inPart, orNotFound } from '#lib/web/page';
import { criteriaWords } from '#ui/bulk-words';
import { concernWords } from '#ui/concern-words';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { connectionsAddress } from '../../_overview/addresses.ts';
import { Figure } from '../../_overview/figure.tsx';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { heavyListRows } from '../../_parts/list-rows.ts';
import { RowsByDay } from '../../_parts/rows-by-day.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { CriteriaForm } from '../_parts/criteria-form.tsx';
import { HeldTable } from '../_parts/held-table.tsx';

export const metadata: Metadata = { title: 'Revocations' };

const path = '/admin/revocations';
/** Held revocations share the page with the bulk ones, and each has two buttons. */
const heldShown = 8;

export default async function BulkRevocations({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['provider', 'person', 'key']);
  const { provider, person, key } = at.filters;
  const administrator = ctx.actor.role === 'administrator';
  const [{ items: bulks, nextCursor }, keys, asked, held, stepUp, single] = await Promise.all([
    orNotFound(listBulkRevocations(ctx, { cursor: at.cursor, limit: heavyListRows })),
    listKeyChoices(ctx, key),
    person ? inPart(ctx, 'person', getPerson(ctx, { id: person })) : null,
    listHeldRevocations(ctx, { limit: heldShown }),
    readStepUp(ctx),
    at.cursor ? null : inPart(ctx, 'single_revocations', countSingle(ctx)),
  ]);
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Revocations">Connections that were ended, and what their providers said to it.</PageHeading>
      {(bulks.length > 0 || (held.items.length > 0 && !at.cursor)) && (
        <div className="mb-4">
          <ZoneNote />
        </div>
      )}
      <div className="flex flex-col gap-6">
        {!at.cursor && (
          <HeldTable held={held} administrator={administrator} signInUntil={stepUp.fresh?.until.getTime() ?? 0} />
        )}
        {single && <SingleRevocations counted={single} />}
        {administrator && !at.cursor && (
          <CriteriaForm
            providers={ctx.providers.list().map(({ id, name }) => ({ id, name }))}
            keys={keys.map(({ id, name, prefix }) => ({ id, name: `${name} (${prefix}…)` }))}
            given={{
              ...(provider ? { provider } : {}),
              ...(person ? { person } : {}),
              ...(key ? { readByKey: key } : {}),
            }}
            personName={asked ? (asked.name ?? asked.email) : null}
          />
        )}
        {bulks.length > 0 ? (
          <BulkTable bulks={bulks} providerName={(id) => ctx.providers.get(id)?.name} />
        ) : (
          <EmptyState icon={CircleSlash} title="No bulk revocation yet">
            Bulk revocations that an administrator starts are listed here, with the outcome for each connection.
          </EmptyState>
        )}
      </div>
      <Pager path={path} at={at} nextCursor={nextCursor} />
    </>
  );
}

const singleConcerns = ['revocation_retried', 'revocation_failed', 'revocation_unproved'] as const;
type Single = [concern: (typeof singleConcerns)[number], counted: Awaited<ReturnType<typeof countConnections>>];

/** One after the other: a page must not take every connection of the pool. */
async function countSingle(ctx: Context): Promise<Single[]> {
  const found: Single[] = [];
  for (const concern of singleConcerns) found.push([concern, await countConnections(ctx, { concern }, 1000)]);
  return found;
}

/** Connections that were ended one by one and are not done with, each number a link to them. */
function SingleRevocations({ counted }: { counted: readonly Single[] }) {
  return (
    <section aria-labelledby="single" className="card p-5">
      <h2 id="single" className="mb-4 text-section font-semibold">
        Not finished
      </h2>
      <ul className="grid gap-4 sm:grid-cols-3">
        {counted.map(([concern, count]) => (
          <li key={concern}>
            <Figure
              counted={count}
              href={connectionsAddress({ concern })}
              label={concernWords[concern].word}
              look="large"
            />
            <p className="font-medium">{concernWords[concern].word}</p>
            <p className="text-meta text-soft">{concernWords[concern].about}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface BulkTableProps {
  bulks: BulkView[];
  providerName: (id: string) => string | undefined;
}

function BulkTable({ bulks, providerName }: BulkTableProps) {
  return (
    <DataTable
      label="Bulk revocations"
      head={
        <>
          <Th>Connections</Th>
          <Th>State</Th>
          <Th from="lg">Reason</Th>
          <Th from="md">By</Th>
          <Th from="sm">When</Th>
        </>
      }
    >
      <RowsByDay items={bulks} at={({ createdAt }) => createdAt} columns={5}>
        {(bulk) => (
          <Tr key={bulk.id}>
            <Td>
              <div className="max-w-[70ch] wrap-anywhere">
                <Link
                  href={`${path}/${bulk.id}`}
                  className="font-medium text-ink tabular hover:text-accent hover:underline"
                >
                  {bulk.total.toLocaleString('en-US')}
                </Link>{' '}
                <span className="text-soft">
                  {criteriaWords(bulk.criteria, {
                    ...bulk.names,
                    provider: providerName(String(bulk.criteria.provider)),
                  }).join(', ')}
                </span>
              </div>
            </Td>
            <Td>
              <BulkBadge state={bulk.state} />
            </Td>
            <Td from="lg">
              <span className="block max-w-60 truncate" title={bulk.reason ?? undefined}>
                {bulk.reason}
              </span>
            </Td>
            <Td from="md">
              <span className="block max-w-40 truncate">{bulk.by.name ?? bulk.by.id}</span>
            </Td>
            <Td from="sm">
              <Clock at={bulk.createdAt.toISOString()} />
            </Td>
          </Tr>
        )}
      </RowsByDay>
    </DataTable>
  );
}

function BulkBadge({ state }: { state: BulkView['state'] }) {
  switch (state) {
    case 'prepared':
      return (
        <Badge tone="quiet" icon={CircleDashed}>
          Not begun
        </Badge>
      );
    case 'running':
      return (
        <Badge tone="due" icon={ClockIcon}>
          Running
        </Badge>
      );
    case 'finished':
      return (
        <Badge tone="good" icon={CircleCheck}>
          Revoked in this hub
        </Badge>
      );
  }
}
