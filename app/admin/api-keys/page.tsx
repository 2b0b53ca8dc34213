import { BookOpen, CircleCheck, CircleSlash, Clock, KeyRound, Plus, Snowflake } from 'lucide-react';
import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import { listApiKeys } from '#lib/api-keys/list-api-keys';
import { type ApiKeyView, expiringWithinDays } from '#lib/api-keys/views';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../_parts/step-up-notice.tsx';
import { FreezeButton } from '../freezes/_parts/freeze-button.tsx';
import { CreateKey } from './_parts/create-key.tsx';
import { KeyAddresses } from './_parts/key-addresses.tsx';
import { RevokeKey } from './_parts/revoke-key.tsx';

export const metadata: Metadata = { title: 'API keys' };

const path = '/admin/api-keys';

export default async function ApiKeys({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const at = readListAddress(await searchParams, ['expiring']);
  const expiring = at.filters.expiring === '1';
  const [{ items: keys, nextCursor }, stepUp] = await Promise.all([
    orNotFound(listApiKeys(ctx, { expiring, cursor: at.cursor })),
    readStepUp(ctx),
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
          {expiring && (
            <p className="mb-4 flex flex-wrap gap-x-4 text-meta text-soft">
              Those that end within {expiringWithinDays} days.
              <Link href={path} className="link">
                Show all
              </Link>
            </p>
          )}
          {keys.length > 0 ? (
            <>
              <KeyTable keys={keys} administrator={administrator} until={signInUntil(stepUp)} />
              <Pager path={path} at={at} nextCursor={nextCursor} />
            </>
          ) : expiring ? (
            <EmptyState icon={KeyRound} title="None ends soon">
              Every key that is accepted goes on for longer than that, or has no end.
            </EmptyState>
          ) : (
            <EmptyState icon={KeyRound} title="No API keys yet">
              A service needs one to read tokens.{' '}
              {administrator ? 'The first that you make here' : 'The first that an administrator makes'} stands in this
              list by its first characters.
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
              instead={stepUp.fresh ? null : <StepUpNotice stepUp={stepUp} what="Making a key" returnTo={path} />}
            />
          </section>
        )}
      </div>
    </>
  );
}

interface KeyTableProps {
  keys: ApiKeyView[];
  administrator: boolean;
  /** When the last sign-in counts no more. */
  until: number;
}

function KeyTable({ keys, administrator, until }: KeyTableProps) {
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
          {administrator && (
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          )}
        </>
      }
    >
      {keys.map((key) => (
        <Tr key={key.id}>
          <Td>
            <span className="block font-medium wrap-anywhere sm:min-w-40">{key.name}</span>
            <code className="block font-mono text-meta text-soft">{key.prefix}…</code>
            <span className="block text-soft @min-[42rem]:hidden">{key.scopes.join(', ')}</span>
            {(key.providers || key.ipRanges) && (
              <span className="block text-soft @min-[54rem]:hidden">
                <Limits apiKey={key} />
              </span>
            )}
            <span className="mt-1 flex flex-col items-start gap-1 @min-[36rem]:hidden">
              <KeyStatus apiKey={key} />
              <span className="text-soft">
                Last used: <LastUsed apiKey={key} administrator={administrator} />
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
            <LastUsed apiKey={key} administrator={administrator} />
          </Td>
          <Td from="lg">{key.expiresAt ? <Time at={key.expiresAt} /> : 'never'}</Td>
          {administrator && (
            <Td>
              {key.status !== 'revoked' && (
                <div className="flex flex-wrap items-center gap-2 @min-[70rem]:flex-nowrap">
                  <KeyAddresses
                    id={key.id}
                    name={key.name}
                    ranges={key.ipRanges ?? []}
                    rule={key.ipRule}
                    signInUntil={until}
                  />
                  {!key.frozen && <FreezeButton scope="api_key" target={key.id} name={key.name} small />}
                  <RevokeKey id={key.id} name={key.name} />
                </div>
              )}
            </Td>
          )}
        </Tr>
      ))}
    </DataTable>
  );
}

/** When it last asked, leading to what it asked; and to ending all that it read, as after a leak. */
function LastUsed({ apiKey, administrator }: { apiKey: ApiKeyView; administrator: boolean }) {
  if (!apiKey.lastUsedAt) return 'never';
  return (
    <>
      <Link href={`/admin/ledger?key=${apiKey.id}`} className="link">
        <Time at={apiKey.lastUsedAt} />
      </Link>
      {administrator && (
        <Link href={`/admin/revocations?key=${apiKey.id}`} className="link block">
          Revoke what it read
        </Link>
      )}
    </>
  );
}

/** So many ranges are named in the row; its dialog has all. */
const shown = 2;

/** What a key is kept to: some providers, and where it is expected from with what a call from elsewhere meets. */
function Limits({ apiKey: { providers, ipRanges, ipRule } }: { apiKey: ApiKeyView }) {
  if (!providers && !ipRanges) return 'none';
  return (
    <span className="block min-w-44">
      {providers && <span className="block">{providers.join(', ')}</span>}
      {ipRanges && (
        <>
          <code className="block font-mono wrap-anywhere">
            {ipRanges.slice(0, shown).join(', ')}
            {ipRanges.length > shown && ` and ${ipRanges.length - shown} more`}
          </code>
          <span className="block text-soft">{ipRule === 'deny' ? 'refused elsewhere' : 'alert elsewhere'}</span>
        </>
      )}
    </span>
  );
}

function KeyStatus({ apiKey: { status, frozen } }: { apiKey: ApiKeyView }) {
  if (frozen && status === 'active') {
    return (
      <Link href="/admin/freezes" className="hover:underline">
        <Badge tone="frozen" icon={Snowflake}>
          Frozen
        </Badge>
      </Link>
    );
  }
  if (status === 'active') {
    return (
      <Badge tone="good" icon={CircleCheck}>
        Active
      </Badge>
    );
  }
  return status === 'expired' ? (
    <Badge tone="warn" icon={Clock}>
      Expired
    </Badge>
  ) : (
    <Badge tone="quiet" icon={CircleSlash}>
      Revoked
    </Badge>
  );
}
