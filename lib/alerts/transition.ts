import type { Rule } from '#lib/alerts/rule';
import type { AlertState } from '#lib/db/schema/alerts';

/** The last alert of a rule and subject, as far as it matters to what becomes of it. */
export interface Standing {
  state: AlertState;
  /** When the rule last found it. */
  heldAt: Date;
  resolvedAt: Date | null;
  /** `system` where it ended by itself. */
  resolvedBy: string | null;
}

/** The next step of an alert: `keep` leaves it as it is; `none` where there is nothing and nothing comes. */
export type Transition = 'open' | 'reopen' | 'hold' | 'keep' | 'resolve' | 'none';

const minutes = (count: number) => count * 60_000;

/** How much must be found to open an alert, and how little keeps it open. */
export function levelsOf(rule: Rule): { opens: number; holds: number } {
  return 'threshold' in rule ? { opens: rule.threshold, holds: rule.holdsAt } : { opens: 1, holds: 1 };
}

/**
 * The state machine of every alert. The condition that opens it and the one that keeps it open differ (hysteresis). It
 * is over only when nothing was found for a while, and a finding soon after reopens the same alert: so it does not
 * flap.
 * @param value what the rule found at `now`
 */
export function transition(rule: Rule, last: Standing | null, value: number, now: Date): Transition {
  const { opens, holds } = levelsOf(rule);
  if (last === null || last.state === 'resolved') {
    if (value < opens) return 'none';
    const since = last?.resolvedAt ? now.getTime() - last.resolvedAt.getTime() : Number.POSITIVE_INFINITY;
    // Ended by hand, it comes anew: the administrator who ended it has not seen this event.
    return last?.resolvedBy === 'system' && since < minutes(rule.coolDownMinutes) ? 'reopen' : 'open';
  }
  if (value >= holds) return 'hold';
  const quiet = now.getTime() - last.heldAt.getTime() >= minutes(rule.quietMinutes);
  return rule.ends === 'by_itself' && quiet ? 'resolve' : 'keep';
}
