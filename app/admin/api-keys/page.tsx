import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { BookOpen, KeyRound, Plus, SearchX } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Time } from '#app/_ui/time';
import { expiringWithinDays, listApiKeys } from '#lib/api-keys/list-api-keys';
import type { ApiKeyView } from '#lib/api-keys/views';
import { listApplicationChoices } from '#lib/applications/list';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { filteredAddress, readListAddress } from '#ui/list-address';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { FilterChip } from '../_parts/filter-chip.tsx';
import { rowsBesideForm } from '../_parts/list-rows.ts';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { StepUpNotice } from '../_parts/step-up-notice.tsx';
import { CreateKey } from './_parts/create-key.tsx';
import { KeyStatus, Limits } from './_parts/key-facts.tsx';

export const metadata: Metadata = { title: 'API keys' };

const path = '/admin/api-keys';

export default async function ApiKeys({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['expiring', 'state', 'application']);
  const expiring = at.filters.expiring === '1';
  const ended = at.filters.state === 'ended';
  const { application } = at.filters;
  const [{ items: keys, nextCursor }, stepUp, applications] = await Promise.all([
    orNotFound(
      listApiKeys(ctx, {
        ...{ expiring, state: ended ? 'ended' : 'accepted', application },
        ...{ cursor: at.cursor, limit: rowsBesideForm },
      }),
    ),
    readStepUp(ctx),
    listApplicationChoices(ctx, application),
  ]);
  const administrator = ctx.actor.role === 'administrator';
  const providers = ctx.providers.connectable().map(({ id, name }) => ({ id, name }));
  return (
    <>
      <StandingFreezes />
      <PageHeading
        title="API keys"
        action={
          <div className="flex flex-wrap gap-2">
            {administrator && keys.length > 0 && (
              <a href="#new-key" className="btn btn-small btn-plain 2xl:hidden">
                <Plus aria-hidden="true" className="size-4" />
                New key
              </a>
            )}
            <Link href="/docs/api" className="btn btn-small btn-plain">
              <BookOpen aria-hidden="true" className="size-4" />
              API reference
            </Link>
          </div>
        }
      >
        How services are let in. A key is shown once, when it is made.
      </PageHeading>
      <div className={administrator ? 'grid items-start gap-6 2xl:grid-cols-[minmax(0,1fr)_24rem]' : ''}>
        <div className="min-w-0">
          <p className="mb-4 flex flex-wrap gap-x-4 text-meta text-soft">
            {ended
              ? 'Keys that expired or were revoked.'
              : expiring
                ? `Keys that end within ${expiringWithinDays} days.`
                : 'Keys that are accepted.'}
            {application && (
              <FilterChip href={filteredAddress(path, at, { application: undefined })}>
                Application: {applications.find(({ id }) => id === application)?.name ?? application}
              </FilterChip>
            )}
            {(ended || expiring) && (
              <Link href={path} className="link">
                Show keys that are accepted
              </Link>
            )}
            {!ended && (
              <Link href={`${path}?state=ended`} className="link">
                Show expired and revoked keys
              </Link>
            )}
          </p>
          {keys.length > 0 ? (
            <>
              <KeyTable keys={keys} />
              <Pager path={path} at={at} nextCursor={nextCursor} />
            </>
          ) : application ? (
            <EmptyState icon={SearchX} title="No key matches">
              This application has no such key. {administrator && 'The form here makes one for it.'}
            </EmptyState>
          ) : ended ? (
            <EmptyState icon={KeyRound} title="None has ended">
              No key expired or was revoked.
            </EmptyState>
          ) : expiring ? (
            <EmptyState icon={KeyRound} title="None ends soon">
              Every key that is accepted goes on for longer than that, or has no end.
            </EmptyState>
          ) : (
            <EmptyState icon={KeyRound} title="No API keys yet">
              A service needs one to read tokens.{' '}
              {administrator ? 'The first that you make here' : 'The first that an administrator makes'} is listed here
              by its first characters.
            </EmptyState>
          )}
        </div>
        {administrator && (
          <section id="new-key" aria-labelledby="new-key-title" className="w-full max-w-2xl scroll-mt-4 2xl:max-w-none">
            <h2 id="new-key-title" className="mb-3 text-section font-semibold">
              New key
            </h2>
            <CreateKey
              providers={providers}
              applications={applications}
              application={application ?? ''}
              notice={!stepUp.fresh && <StepUpNotice stepUp={stepUp} what="Making a key" returnTo={path} />}
            />
          </section>
        )}
      </div>
    </>
  );
}

/** Keys, each with the way to its page, where it is changed, rotated, frozen and revoked. */
function KeyTable({ keys }: { keys: ApiKeyView[] }) {
  return (
    <DataTable
      label="API keys"
      head={
        <>
          <Th>Name</Th>
          <Th from="sm">Status</Th>
          <Th from="md">Scopes</Th>
          <Th from="lg">Limits</Th>
          <Th from="sm">Last used</Th>
          <Th from="lg">Expires</Th>
        </>
      }
    >
      {keys.map((key) => (
        <Tr key={key.id}>
          <Td>
            <Link href={`${path}/${key.id}`} className="link block wrap-anywhere sm:min-w-40">
              {key.name}
            </Link>
            <code className="block font-mono text-meta text-soft">{key.prefix}…</code>
            {key.owner && <span className="block text-soft wrap-anywhere">{key.owner}</span>}
            <span className="block text-soft @min-[42rem]:hidden">{key.scopes.join(', ')}</span>
            {key.applicationId && <span className="block text-soft wrap-anywhere">of {key.applicationName}</span>}
            {(key.providers || key.ipRanges) && (
              <span className="block text-soft @min-[54rem]:hidden">
                <Limits apiKey={key} />
              </span>
            )}
            <span className="mt-1 flex flex-col items-start gap-1 @min-[36rem]:hidden">
              <KeyStatus apiKey={key} />
              <span className="text-soft">
                Last used: <LastUsed apiKey={key} />
              </span>
            </span>
          </Td>
          <Td from="sm">
            <KeyStatus apiKey={key} />
          </Td>
          <Td from="md">
            <code className="font-mono">{key.scopes.join(' ')}</code>
          </Td>
          <Td from="lg">
            <Limits apiKey={key} />
          </Td>
          <Td from="sm">
            <LastUsed apiKey={key} />
          </Td>
          <Td from="lg">{key.expiresAt ? <Time at={key.expiresAt} /> : 'never'}</Td>
        </Tr>
      ))}
    </DataTable>
  );
}

/** When it last asked; the key's page leads to what it asked. */
function LastUsed({ apiKey }: { apiKey: ApiKeyView }) {
  if (!apiKey.lastUsedAt) return 'never';
  return <Time at={apiKey.lastUsedAt} />;
}
