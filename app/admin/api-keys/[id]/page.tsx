import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { CopyButton } from '#app/_ui/copy-button';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Time, TimeOr } from '#app/_ui/time';
import { type ApiKeyDescription, describeApiKey, shownDays } from '#lib/api-keys/describe-api-key';
import { standingFreeze } from '#lib/freezes/list';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, inPart, orNotFound, titleOf } from '#lib/web/page';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { FrozenBy } from '../../_parts/frozen-by.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../../_parts/step-up-notice.tsx';
import { FreezeControl } from '../../freezes/_parts/freeze-control.tsx';
import { EditDetails } from '../_parts/edit-details.tsx';
import { KeyAddresses } from '../_parts/key-addresses.tsx';
import { KeyStatus, Limits } from '../_parts/key-facts.tsx';
import { DayBars } from '../_parts/key-use.tsx';
import { RevokeKey } from '../_parts/revoke-key.tsx';
import { RotateKey } from '../_parts/rotate-key.tsx';

interface KeyPageProps {
  params: Promise<{ id: string }>;
}

const readId = async ({ params }: KeyPageProps) => decodeURIComponent((await params).id).slice(0, 64);

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  describeApiKey(await adminPage(`/admin/api-keys/${encodeURIComponent(id)}`), { id }),
);

export async function generateMetadata(props: KeyPageProps): Promise<Metadata> {
  const about = await titleOf(readOnce(await readId(props)));
  return { title: about ? `API key ${about.apiKey.name}` : 'API key' };
}

export default async function KeyPage(props: KeyPageProps) {
  const id = await readId(props);
  const path = `/admin/api-keys/${encodeURIComponent(id)}`;
  const ctx = await adminPage(path);
  const [about, freeze, stepUp] = await Promise.all([
    orNotFound(readOnce(id)),
    inPart(ctx, 'freezes', standingFreeze(ctx, { scope: 'api_key', target: id })),
    readStepUp(ctx),
  ]);
  const { apiKey, replacedBy } = about;
  const administrator = ctx.actor.role === 'administrator';
  const until = signInUntil(stepUp);
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/api-keys">API keys</BackLink>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 flex-wrap items-center gap-3">
          <h1 className="min-w-0 text-title font-semibold tracking-tight wrap-anywhere">{apiKey.name}</h1>
          <KeyStatus apiKey={apiKey} />
        </div>
        {administrator && (
          <div className="flex flex-wrap gap-2">
            <EditDetails
              id={id}
              details={{ name: apiKey.name, purpose: apiKey.purpose ?? '', owner: apiKey.owner ?? '' }}
            />
            {apiKey.status !== 'revoked' && (
              <>
                <KeyAddresses
                  id={id}
                  name={apiKey.name}
                  ranges={apiKey.ipRanges ?? []}
                  rule={apiKey.ipRule}
                  signInUntil={until}
                />
                <FreezeControl
                  scope="api_key"
                  target={id}
                  name={apiKey.name}
                  freeze={freeze ?? undefined}
                  administrator={administrator}
                  signInUntil={until}
                  small
                />
                <RevokeKey id={id} name={apiKey.name} />
              </>
            )}
          </div>
        )}
      </div>
      {apiKey.status === 'active' && <FrozenBy over={{ api_key: id }} />}
      {replacedBy && (
        <div className="mb-4">
          <Notice tone="info" title="A new key replaces this one">
            <p className="text-meta">
              <Link href={`/admin/api-keys/${replacedBy.id}`} className="link">
                {replacedBy.prefix}…
              </Link>{' '}
              was made <Time at={replacedBy.createdAt} />.{' '}
              {apiKey.status === 'active' && apiKey.expiresAt ? (
                <>
                  This one is accepted until <Time at={apiKey.expiresAt} />.
                </>
              ) : (
                'This one is not accepted any more.'
              )}
            </p>
          </Notice>
        </div>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Part id="about" title="About">
          <About about={about} administrator={administrator} />
        </Part>
        <Part id="use" title={`Use in the last ${shownDays} days`}>
          <Use about={about} nameProvider={(provider) => ctx.providers.get(provider)?.name ?? provider} />
        </Part>
        {administrator && apiKey.status !== 'revoked' && (
          <Part id="rotate" title="Rotate">
            <RotateKey
              id={id}
              name={apiKey.name}
              instead={
                replacedBy ? (
                  <p className="text-soft">This key was rotated. A key can be rotated once.</p>
                ) : apiKey.frozen || apiKey.status !== 'active' ? (
                  <p className="text-soft">Only a key that is accepted can be rotated.</p>
                ) : stepUp.fresh ? null : (
                  <StepUpNotice stepUp={stepUp} what="Rotating a key" returnTo={path} />
                )
              }
            />
          </Part>
        )}
        <Part id="networks" title="Where it was used from">
          <Networks about={about} />
        </Part>
      </div>
    </>
  );
}

function About({ about: { apiKey, madeBy }, administrator }: { about: ApiKeyDescription; administrator: boolean }) {
  return (
    <Facts>
      <Fact label="Purpose">{apiKey.purpose ?? <span className="text-soft">not said</span>}</Fact>
      <Fact label="Owner">{apiKey.owner ?? <span className="text-soft">not said</span>}</Fact>
      <Fact label="Id">
        <span className="flex flex-wrap items-center gap-2">
          <code className="font-mono text-meta wrap-anywhere">{apiKey.id}</code>
          <CopyButton text={apiKey.id} label="Copy the id" />
        </span>
      </Fact>
      <Fact label="Begins with">
        <code className="font-mono text-meta">{apiKey.prefix}…</code>
      </Fact>
      <Fact label="Scopes">
        <code className="font-mono text-meta">{apiKey.scopes.join(' ')}</code>
      </Fact>
      <Fact label="Application">
        {apiKey.applicationId ? (
          <>
            <Link href={`/admin/applications/${apiKey.applicationId}`} className="link">
              {apiKey.applicationName}
            </Link>{' '}
            <span className="text-soft">It sees the connections of its people alone.</span>
          </>
        ) : (
          <span className="text-soft">none: it sees everybody</span>
        )}
      </Fact>
      <Fact label="Limits">
        <Limits apiKey={apiKey} all />
      </Fact>
      <Fact label="Made">
        <Time at={apiKey.createdAt} /> by{' '}
        {madeBy ? (
          <Link href={`/admin/people/${madeBy.id}`} className="link">
            {madeBy.email ?? madeBy.id}
          </Link>
        ) : (
          apiKey.createdBy
        )}
        {apiKey.replaces && (
          <>
            , in the place of{' '}
            <Link href={`/admin/api-keys/${apiKey.replaces}`} className="link">
              an older key
            </Link>
          </>
        )}
      </Fact>
      <Fact label="Expires">
        <TimeOr at={apiKey.expiresAt} otherwise="never" />
      </Fact>
      <Fact label="Last used">
        <TimeOr at={apiKey.lastUsedAt} otherwise="never" />
      </Fact>
      <Fact label="Ledger">
        <span className="flex flex-wrap gap-x-4">
          <Link href={`/admin/ledger?key=${encodeURIComponent(apiKey.id)}`} className="link">
            Everything about this key
          </Link>
          {administrator && (
            <Link href={`/admin/revocations?key=${encodeURIComponent(apiKey.id)}`} className="link">
              Revoke what it read
            </Link>
          )}
        </span>
      </Fact>
    </Facts>
  );
}

interface UseProps {
  about: ApiKeyDescription;
  nameProvider: (id: string) => string;
}

function Use({ about: { days, providers }, nameProvider }: UseProps) {
  const total = days.reduce(
    (all, { reads, refused }) => ({ reads: all.reads + reads, refused: all.refused + refused }),
    {
      reads: 0,
      refused: 0,
    },
  );
  return (
    <div className="flex flex-col gap-4">
      <p className="tabular text-soft">
        {numberText(total.reads)} tokens read, {numberText(total.refused)} calls refused. Days are of UTC; the hub
        counts about a minute late.
      </p>
      <DayBars days={days} />
      {providers.length > 0 ? (
        <UseTable
          label="Use by provider"
          first="Provider"
          rows={providers.map(({ provider, ...counts }) => ({
            ...counts,
            key: provider,
            name:
              provider === '' ? (
                'none'
              ) : (
                <Link href={`/admin/providers/${encodeURIComponent(provider)}`} className="link">
                  {nameProvider(provider)}
                </Link>
              ),
          }))}
        />
      ) : (
        <p className="text-soft">No call for a token was counted in these days.</p>
      )}
      {total.reads + total.refused > 0 && (
        <details>
          <summary className="link cursor-pointer text-meta">Day by day</summary>
          <div className="mt-3">
            <UseTable
              label="Use by day"
              first="Day"
              rows={days
                .filter(({ reads, refused }) => reads + refused > 0)
                .toReversed()
                .map(({ day, ...counts }) => ({ ...counts, key: day, name: day }))}
            />
          </div>
        </details>
      )}
    </div>
  );
}

interface UseTableProps {
  label: string;
  /** The head of the first column. */
  first: string;
  rows: { key: string; name: React.ReactNode; reads: number; refused: number }[];
}

/** Reads and refused calls, by provider or by day. */
function UseTable({ label, first, rows }: UseTableProps) {
  return (
    <DataTable
      label={label}
      head={
        <>
          <Th>{first}</Th>
          <Th>Read</Th>
          <Th>Refused</Th>
        </>
      }
    >
      {rows.map(({ key, name, reads, refused }) => (
        <Tr key={key}>
          <Td>{name}</Td>
          <Td>
            <span className="tabular">{numberText(reads)}</span>
          </Td>
          <Td>
            <span className="tabular">{numberText(refused)}</span>
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

function Networks({ about: { networks } }: { about: ApiKeyDescription }) {
  if (networks.length === 0) return <p className="text-soft">No token was read with this key yet.</p>;
  return (
    <DataTable
      label="Networks"
      head={
        <>
          <Th>Network</Th>
          <Th from="sm">First seen</Th>
          <Th>Last seen</Th>
          <Th>Reads</Th>
        </>
      }
    >
      {networks.map(({ network, firstSeenAt, lastSeenAt, reads }) => (
        <Tr key={network}>
          <Td>
            <code className="font-mono wrap-anywhere">{network}</code>
          </Td>
          <Td from="sm">
            <Time at={firstSeenAt} />
          </Td>
          <Td>
            <Time at={lastSeenAt} />
          </Td>
          <Td>
            <span className="tabular">{numberText(reads)}</span>
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

function Part({ id, title, children }: { id: string; title: string; children: React.ReactNode }) {
  return (
    <section aria-labelledby={id} className="card min-w-0 p-5">
      <h2 id={id} className="mb-4 text-section font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}
