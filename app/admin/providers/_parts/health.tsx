import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { TimeOr } from '#app/_ui/time';
import type { ProviderCountsView } from '#lib/connections/count-by-provider';
import type { ProviderActivityView } from '#lib/status/provider-activity';
import type { ProviderHealthView } from '#lib/status/provider-health';
import { statusWords } from '#ui/status-words';
import { connectionsAddress } from '../../_overview/addresses.ts';
import { Figure } from '../../_overview/figure.tsx';
import { Circuit, LastFailure } from '../../_parts/provider-health.tsx';
import { countText } from '../../_parts/refresh-words.ts';

/** How refreshes at the provider go. */
export function Health({ health, activity }: { health: ProviderHealthView; activity: ProviderActivityView | null }) {
  return (
    <Facts>
      <Fact label="Circuit">
        <Circuit health={health} activity={activity} />
      </Fact>
      <Fact label="Last hour">
        {activity ? (
          <span className="tabular">
            {countText(activity.refreshed)} refreshed, {countText(activity.failed)} failed
          </span>
        ) : (
          'not known'
        )}
      </Fact>
      <Fact label="Last refreshed">
        {activity ? <TimeOr at={activity.lastRefreshedAt} otherwise="never" /> : 'not known'}
      </Fact>
      <Fact label="Last failure">
        {activity?.lastFailure ? <LastFailure failure={activity.lastFailure} /> : activity ? 'none' : 'not known'}
      </Fact>
      <Fact label="Ledger">
        <Link href={`/admin/ledger?provider=${encodeURIComponent(health.provider.id)}`} className="link">
          Everything about {health.provider.name}
        </Link>
      </Fact>
    </Facts>
  );
}

const statuses = ['connected', 'needs_reconnect', 'frozen', 'revoked'] as const;

/** How many connections there are in each status, each number a link to them. */
export function Grants({ provider, counts }: { provider: string; counts: ProviderCountsView | undefined }) {
  return (
    <Facts>
      {statuses.map((status) => (
        <Fact key={status} label={statusWords[status].word}>
          <Figure
            counted={counts?.counts[status] ?? 0}
            href={connectionsAddress({ provider, status })}
            label={statusWords[status].word}
          />
        </Fact>
      ))}
    </Facts>
  );
}
