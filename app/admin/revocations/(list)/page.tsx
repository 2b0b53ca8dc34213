import { CircleCheck, CircleDashed, CircleSlash, Clock } from 'lucide-react';
import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import { listKeyChoices } from '#lib/api-keys/list-api-keys';
import { listBulkRevocations } from '#lib/bulk-revocation/list';
import { listHeldRevocations } from '#lib/bulk-revocation/list-held';
import type { BulkView } from '#lib/bulk-revocation/views';
import { getPerson } from '#lib/people/get';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, inPart, orNotFound } from '#lib/web/page';
import { criteriaWords } from '#ui/bulk-words';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { CriteriaForm } from '../_parts/criteria-form.tsx';
import { HeldTable } from '../_parts/held-table.tsx';

export const metadata: Metadata = { title: 'Revocations' };

const path = '/admin/revocations';

export default async function BulkRevocations({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['provider', 'person', 'key']);
  const { provider, person, key } = at.filters;
  const administrator = ctx.actor.role === 'administrator';
  const [{ items: bulks, nextCursor }, keys, asked, held, stepUp] = await Promise.all([
    orNotFound(listBulkRevocations(ctx, { cursor: at.cursor })),
    listKeyChoices(ctx, key),
    person ? inPart(ctx, 'person', getPerson(ctx, { id: person })) : null,
    listHeldRevocations(ctx),
    readStepUp(ctx),
  ]);
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Revocations">
        Many connections ended by one decision, and what their providers said to it.
      </PageHeading>
      <div className="flex flex-col gap-6">
        {!at.cursor && (
          <HeldTable held={held} administrator={administrator} signInUntil={stepUp.fresh?.until.getTime() ?? 0} />
        )}
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
            As soon as an administrator revokes many connections at once, it stands here with what became of each.
          </EmptyState>
        )}
      </div>
      <Pager path={path} at={at} nextCursor={nextCursor} />
    </>
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
      {bulks.map((bulk) => (
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
            <Time at={bulk.startedAt ?? bulk.createdAt} />
          </Td>
        </Tr>
      ))}
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
        <Badge tone="due" icon={Clock}>
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
