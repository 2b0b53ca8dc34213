import { BookOpen, CircleCheck, CircleSlash, Clock, KeyRound, Snowflake } from 'lucide-react';
import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Badge } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import { listApiKeys } from '#lib/access/list-api-keys';
import { type ApiKeyView, expiringWithinDays, isExpiring } from '#lib/access/views';
import { adminPage } from '#lib/http/page';
import type { SearchParams } from '#ui/flow-result';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { StandingBrakes } from '../_parts/standing-brakes.tsx';
import { FreezeButton } from '../freezes/_parts/freeze-button.tsx';
import { CreateKey } from './_parts/create-key.tsx';
import { KeyAddresses } from './_parts/key-addresses.tsx';
import { RevokeKey } from './_parts/revoke-key.tsx';

export const metadata: Metadata = { title: 'API keys' };

export default async function ApiKeys({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage('/admin/api-keys');
  const expiring = (await searchParams).expiring === '1';
  const all = await listApiKeys(ctx);
  const keys = expiring ? all.filter(isExpiring) : all;
  const administrator = ctx.actor.role === 'administrator';
  const providers = ctx.providers.connectable().map(({ id, name }) => ({ id, name }));
  return (
    <>
      <StandingBrakes />
      <PageHeading
        title="API keys"
        action={
          <Link href="/docs/api" className="btn btn-small btn-plain">
            <BookOpen aria-hidden="true" className="size-4" />
            API reference
          </Link>
        }
      >
        How services are let in. A key is shown once, when it is made.
      </PageHeading>
      <div className={administrator ? 'grid items-start gap-6 2xl:grid-cols-[minmax(0,1fr)_24rem]' : ''}>
        <div className="min-w-0">
          {expiring && (
            <p className="mb-4 flex flex-wrap gap-x-4 text-meta text-soft">
              Those that end within {expiringWithinDays} days.
              <Link href="/admin/api-keys" className="link">
                Show all
              </Link>
            </p>
          )}
          {keys.length > 0 ? (
            <KeyTable keys={keys} administrator={administrator} />
          ) : expiring ? (
            <EmptyState icon={KeyRound} title="None ends soon">
              Every key that is accepted goes on for longer than that, or has no end.
            </EmptyState>
          ) : (
            <EmptyState icon={KeyRound} title="No API keys yet">
              A service needs one to read tokens.{' '}
              {administrator ? 'Make the first with the form here' : 'Administrators make them'}; it then stands in this
              list by its first characters.
            </EmptyState>
          )}
        </div>
        {administrator && (
          <div className="w-full max-w-2xl 2xl:max-w-none">
            <CreateKey providers={providers} />
          </div>
        )}
      </div>
    </>
  );
}

function KeyTable({ keys, administrator }: { keys: ApiKeyView[]; administrator: boolean }) {
  return (
    <DataTable
      label="API keys"
      head={
        <>
          <Th>Name</Th>
          <Th from="sm">Status</Th>
          <Th from="md">Scopes</Th>
          <Th from="lg">Providers</Th>
          <Th from="xl">From</Th>
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
            {key.ipRanges && (
              <span className="block text-soft @min-[60rem]:hidden">
                from <From apiKey={key} />
              </span>
            )}
            <span className="mt-1 block @min-[36rem]:hidden">
              <KeyStatus apiKey={key} />
            </span>
          </Td>
          <Td from="sm">
            <KeyStatus apiKey={key} />
          </Td>
          <Td from="md">
            <code className="font-mono">{key.scopes.join(' ')}</code>
          </Td>
          <Td from="lg">{key.providers?.join(', ') ?? 'all'}</Td>
          <Td from="xl">
            <From apiKey={key} />
          </Td>
          <Td from="sm">
            <Link href={`/admin/ledger?key=${key.id}`} className="link">
              <TimeOr at={key.lastUsedAt} otherwise="never" />
            </Link>
          </Td>
          <Td from="lg">{key.expiresAt ? <Time at={key.expiresAt} /> : 'never'}</Td>
          {administrator && (
            <Td>
              <div className="flex flex-wrap items-center gap-2 py-1">
                {key.status !== 'revoked' && (
                  <>
                    <KeyAddresses id={key.id} name={key.name} ranges={key.ipRanges ?? []} rule={key.ipRule} />
                    {!key.frozen && <FreezeButton scope="api_key" target={key.id} name={key.name} small />}
                    <RevokeKey id={key.id} name={key.name} />
                  </>
                )}
                {key.lastUsedAt && (
                  <Link href={`/admin/revocations?key=${key.id}`} className="link text-meta">
                    Revoke what it read
                  </Link>
                )}
              </div>
            </Td>
          )}
        </Tr>
      ))}
    </DataTable>
  );
}

/** So many ranges are named in the row; its dialog has all. */
const shown = 2;

/** Where a key is expected from, and what a call from elsewhere meets. */
function From({ apiKey: { ipRanges, ipRule } }: { apiKey: ApiKeyView }) {
  if (!ipRanges) return 'anywhere';
  return (
    <>
      <code className="font-mono wrap-anywhere">
        {ipRanges.slice(0, shown).join(', ')}
        {ipRanges.length > shown && ` and ${ipRanges.length - shown} more`}
      </code>{' '}
      <span className="text-soft">{ipRule === 'deny' ? 'refused elsewhere' : 'alert elsewhere'}</span>
    </>
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
