import { CircleAlert, CircleCheck, CircleDashed, CirclePause } from 'lucide-react';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import type { ProviderCountsView } from '#lib/connections/count-by-provider';
import type { ProviderActivityView } from '#lib/status/provider-activity';
import type { ProviderHealthView } from '#lib/status/provider-health';
import { statusWords } from '#ui/status-words';
import { connectionsAddress } from '../../_overview/addresses.ts';
import { Figure } from '../../_overview/figure.tsx';
import { countText, failureText } from '../../status/_parts/words.ts';

function Circuit({ health: { circuit, restsUntil, limitedAccounts } }: { health: ProviderHealthView }) {
  if (circuit === 'open')
    return (
      <Badge tone="bad" icon={CirclePause}>
        Open
      </Badge>
    );
  if (circuit === 'half_open')
    return (
      <Badge tone="due" icon={CircleDashed}>
        Being tried
      </Badge>
    );
  if (restsUntil && restsUntil > new Date())
    return (
      <Badge tone="warn" icon={CircleAlert}>
        Asked for rest
      </Badge>
    );
  if (limitedAccounts > 0)
    return (
      <Badge tone="warn" icon={CircleAlert}>
        {limitedAccounts === 1 ? '1 account limited' : `${limitedAccounts} accounts limited`}
      </Badge>
    );
  return (
    <Badge tone="good" icon={CircleCheck}>
      Closed
    </Badge>
  );
}

/** How refreshes at the provider go. */
export function Health({ health, activity }: { health: ProviderHealthView; activity: ProviderActivityView | null }) {
  return (
    <Facts>
      <Fact label="Circuit">
        <Circuit health={health} />
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
        {activity?.lastFailure ? (
          <>
            <Time at={activity.lastFailure.at} /> <code className="font-mono">{activity.lastFailure.code}</code>
            <span className="block text-soft">{failureText(activity.lastFailure.code)}</span>
          </>
        ) : (
          'none'
        )}
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
