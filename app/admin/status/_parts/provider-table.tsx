import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { TimeOr } from '#app/_ui/time';
import type { FreezeView } from '#lib/freezes/views';
import type { ProviderActivityView } from '#lib/status/provider-activity';
import type { ProviderHealthView } from '#lib/status/provider-health';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { Circuit, LastFailure } from '../../_parts/provider-health.tsx';
import { countText } from '../../_parts/refresh-words.ts';
import { FreezeControl } from '../../freezes/_parts/freeze-control.tsx';

interface ProviderTableProps {
  health: ProviderHealthView[];
  /** Null where it could not be read: then only the circuits are known. */
  activity: ProviderActivityView[] | null;
  /** The standing freezes. */
  freezes: FreezeView[];
  /** May freeze a provider. */
  administrator: boolean;
  reference: string;
}

/** A row for each provider: its circuit, and how its refreshes go. */
export function ProviderTable({ health, activity, freezes, administrator, reference }: ProviderTableProps) {
  const over = (id: string) => freezes.find(({ scope, target }) => scope === 'provider' && target === id);
  if (health.length === 0)
    return (
      <p className="card p-4 text-soft">
        No provider is set up. The operator of this hub adds providers in its configuration. They are listed here.
      </p>
    );
  return (
    <>
      {!activity && (
        <div className="mb-3">
          <Notice tone="bad" title="The counts could not be read" reference={reference} />
        </div>
      )}
      <DataTable
        label="Providers"
        head={
          <>
            <Th>Provider</Th>
            <Th from="sm">Circuit</Th>
            <Th from="sm">Refreshed</Th>
            <Th from="sm">Failed</Th>
            <Th from="lg">Last refreshed</Th>
            <Th from="md">Last failure</Th>
            <Th from="xl">Due</Th>
            <Th from="lg">Backing off</Th>
            <Th>Freeze</Th>
          </>
        }
      >
        {health.map((one) => (
          <Row
            key={one.provider.id}
            health={one}
            activity={activity?.find(({ provider }) => provider.id === one.provider.id) ?? null}
            freeze={
              <FreezeControl
                scope="provider"
                target={one.provider.id}
                name={one.provider.name}
                freeze={over(one.provider.id)}
                administrator={administrator}
                small
              />
            }
          />
        ))}
      </DataTable>
    </>
  );
}

interface RowProps {
  health: ProviderHealthView;
  activity: ProviderActivityView | null;
  freeze: React.ReactNode;
}

function Row({ health, activity, freeze }: RowProps) {
  const { provider } = health;
  const count = (key: 'refreshed' | 'failed' | 'due' | 'backingOff') =>
    activity ? countText(activity[key]) : 'not known';
  return (
    <Tr>
      <Td>
        <Link
          href={`/admin/providers/${encodeURIComponent(provider.id)}`}
          className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
        >
          {provider.name}
        </Link>
        <div className="text-meta text-soft">
          Redirect URI <code className="font-mono wrap-anywhere select-all">{health.redirectUri}</code>
        </div>
        <div className="mt-1 flex flex-col items-start gap-1 @min-[36rem]:hidden">
          <Circuit health={health} activity={activity} />
          <span className="tabular text-soft">
            {count('refreshed')} refreshed, {count('failed')} failed, {count('backingOff')} backing off
          </span>
        </div>
        {activity?.lastFailure && (
          <div className="mt-1 @min-[42rem]:hidden">
            <LastFailure failure={activity.lastFailure} />
          </div>
        )}
      </Td>
      <Td from="sm">
        <Circuit health={health} activity={activity} />
      </Td>
      <Td from="sm">
        <span className="tabular">{count('refreshed')}</span>
      </Td>
      <Td from="sm">
        <span className="tabular">{count('failed')}</span>
      </Td>
      <Td from="lg">{activity ? <TimeOr at={activity.lastRefreshedAt} otherwise="never" /> : 'not known'}</Td>
      <Td from="md">
        {activity?.lastFailure ? (
          <div className="py-1">
            <LastFailure failure={activity.lastFailure} />
          </div>
        ) : (
          <span>{activity ? 'none' : 'not known'}</span>
        )}
      </Td>
      <Td from="xl">
        <span className="tabular">{count('due')}</span>
      </Td>
      <Td from="lg">
        <span className="tabular">{count('backingOff')}</span>
      </Td>
      <Td>{freeze}</Td>
    </Tr>
  );
}
