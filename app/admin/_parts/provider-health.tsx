import { CircleAlert, CircleCheck, CircleDashed, CirclePause, type IconComponent } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import type { ProviderActivityView } from '#lib/status/provider-activity';
import type { ProviderHealthView } from '#lib/status/provider-health';
import type { Tone } from '#ui/status-words';
import { failureText } from './refresh-words.ts';

interface CircuitProps {
  health: ProviderHealthView;
  /** Null where it could not be read. */
  activity: ProviderActivityView | null;
}

/** The circuit in a word; what it means for people stands above. */
export function Circuit({ health, activity }: CircuitProps) {
  const [tone, icon, text] = stateOf(health, activity);
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  );
}

/** The most severe of the states that hold. */
function stateOf(
  { circuit, restsUntil, pausedIn, processes, sickHosts, limitedAccounts }: ProviderHealthView,
  activity: ProviderActivityView | null,
): [Tone, IconComponent, string] {
  const hosts = sickHosts.length > 0 ? ` at ${sickHosts.length} host${sickHosts.length === 1 ? '' : 's'}` : '';
  const where = hosts + (processes > 1 && pausedIn > 0 ? ` in ${pausedIn} of ${processes}` : '');
  if (circuit === 'open') return ['bad', CirclePause, `Open${where}`];
  if (circuit === 'half_open') return ['due', CircleDashed, `Being tried${where}`];
  if (restsUntil && restsUntil > new Date()) return ['warn', CircleAlert, 'Asked for fewer calls'];
  if (limitedAccounts > 0)
    return ['warn', CircleAlert, `${limitedAccounts} account${limitedAccounts === 1 ? '' : 's'} limited`];
  if (activity && !activity.lastRefreshedAt && !activity.lastFailure) return ['quiet', CircleDashed, 'Not called yet'];
  return ['good', CircleCheck, 'Closed'];
}

/** When a refresh last failed, and what its code means. */
export function LastFailure({ failure: { at, code } }: { failure: NonNullable<ProviderActivityView['lastFailure']> }) {
  return (
    <div className="max-w-[40ch]">
      <Time at={at} /> {code && <code className="font-mono wrap-anywhere">{code}</code>}
      <span className="block text-soft">{failureText(code)}</span>
    </div>
  );
}
