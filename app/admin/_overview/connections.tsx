import { EmptyState } from '#app/_ui/empty-state';
import { Plug } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Status } from '#app/_ui/status';
import type { ProviderCountsView } from '#lib/connections/count-by-provider';
import { numberText } from '#ui/number-text';
import { statusWords } from '#ui/status-words';
import { DataTable, type From, Td, Th, Tr } from '../_parts/data-table.tsx';
import { connectionsAddress } from './addresses.ts';
import { Figure } from './figure.tsx';
import { type Share, ShareBar } from './share-bar.tsx';

type Counted = keyof ProviderCountsView['counts'];

const statuses: { status: Counted; fill: string; from: From }[] = [
  { status: 'connected', fill: 'fill-good', from: 'sm' },
  { status: 'needs_reconnect', fill: 'fill-warn', from: 'sm' },
  { status: 'frozen', fill: 'fill-frozen', from: 'md' },
  { status: 'revoked', fill: 'fill-line-strong', from: 'md' },
];

/** All connections by status, then each provider's. */
export function Connections({ providers }: { providers: ProviderCountsView[] }) {
  if (providers.length === 0)
    return (
      <EmptyState icon={Plug} title="No provider is set up">
        The operator of this hub adds one in its configuration: by the variables of a built-in provider, or in the file
        that <code className="font-mono">PROVIDERS_FILE</code> names. People can connect to it from then on.
      </EmptyState>
    );
  if (providers.every(({ total }) => total === 0))
    return (
      <EmptyState icon={Plug} title="No connections yet">
        Everybody connects accounts on a page of their own:{' '}
        <Link href="/connections" className="link">
          connect one of yours
        </Link>
        . Services then read tokens with{' '}
        <Link href="/admin/api-keys" className="link">
          API keys
        </Link>
        .
      </EmptyState>
    );
  return (
    <>
      <Totals providers={providers} />
      <DataTable
        label="Connections by provider"
        head={
          <>
            <Th>Provider</Th>
            {statuses.map(({ status, from }) => (
              <Th key={status} from={from}>
                {statusWords[status].word}
              </Th>
            ))}
            <Th from="lg">Refresh due</Th>
          </>
        }
      >
        <Rows providers={providers} />
      </DataTable>
    </>
  );
}

function Totals({ providers }: { providers: ProviderCountsView[] }) {
  const waiting = providers.reduce((sum, { frozenWaiting }) => sum + frozenWaiting, 0);
  return (
    <ul className="mb-3 flex flex-wrap gap-x-6 gap-y-2">
      {statuses.map(({ status }) => (
        <li key={status} className="flex items-center gap-2">
          <Status status={status} />
          <Figure
            counted={providers.reduce((sum, { counts }) => sum + counts[status], 0)}
            href={connectionsAddress({ status })}
            label={statusWords[status].word}
            look="strong"
          />
          {status === 'frozen' && waiting > 0 && (
            <span className="text-meta text-soft">
              {numberText(waiting)} of them {waiting === 1 ? 'needs' : 'need'} reconnecting once thawed
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Rows({ providers }: { providers: ProviderCountsView[] }) {
  const most = Math.max(...providers.map(({ total }) => total));
  return providers.map(({ provider, counts, total, refreshDue }) => {
    const within = { provider: provider.id };
    const shares: Share[] = statuses
      .filter(({ status }) => counts[status] > 0)
      .map(({ status, fill }) => ({
        name: `${statusWords[status].word}: ${counts[status].toLocaleString('en-US')}`,
        // One among very many is seen too.
        share: Math.max(0.005, counts[status] / most),
        href: connectionsAddress({ ...within, status }),
        className: fill,
      }));
    return (
      <Tr key={provider.id}>
        <Td>
          <div className="flex items-center gap-3 py-2">
            <ProviderMark provider={provider} size="small" />
            <div className="min-w-0 flex-1 @min-[54rem]:min-w-72">
              <div className="mb-1 flex items-baseline justify-between gap-3">
                <Link
                  href={connectionsAddress(within)}
                  className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
                >
                  {provider.name}
                </Link>
                <Figure counted={total} href={connectionsAddress(within)} label={`all of ${provider.name}`} />
              </div>
              <ShareBar shares={shares} />
              <ul className="mt-2 flex flex-wrap gap-x-3 gap-y-1 @min-[42rem]:hidden">
                {statuses
                  .filter(({ status }) => counts[status] > 0)
                  .map(({ status, from }) => (
                    <li key={status} className={from === 'sm' ? '@min-[36rem]:hidden' : ''}>
                      <span className="text-soft">{statusWords[status].word}</span>{' '}
                      <Figure
                        counted={counts[status]}
                        href={connectionsAddress({ ...within, status })}
                        label={`${statusWords[status].word} of ${provider.name}`}
                      />
                    </li>
                  ))}
              </ul>
            </div>
          </div>
        </Td>
        {statuses.map(({ status, from }) => (
          <Td key={status} from={from}>
            <Figure
              counted={counts[status]}
              href={connectionsAddress({ ...within, status })}
              label={`${statusWords[status].word} of ${provider.name}`}
            />
          </Td>
        ))}
        <Td from="lg">
          <Figure
            counted={refreshDue}
            href={connectionsAddress({ ...within, status: 'refresh_due' })}
            label={`${statusWords.refresh_due.word} of ${provider.name}`}
          />
        </Td>
      </Tr>
    );
  });
}
