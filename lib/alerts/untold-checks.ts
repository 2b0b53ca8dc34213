import { ne } from 'drizzle-orm';
import { subjectOf } from '#lib/checks/list';
import { type CheckView, listFailing } from '#lib/checks/results';
import type { Context } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';

/** The rule and the subject of the alert that tells of a failing check. */
function alertOf({ check, provider, alert }: CheckView): string {
  if (alert === null) return `long_lived_tokens ${provider?.id}`;
  const rule = alert === 'critical' ? 'critical_check_fails' : 'check_fails';
  return `${rule} ${subjectOf(check, provider?.id ?? null)}`;
}

/**
 * The checks that fail and of which no live alert tells, since the rule has not looked yet or an administrator resolved the
 * alert.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listUntoldChecks(ctx: Context): Promise<CheckView[]> {
  const failing = await listFailing(ctx);
  if (failing.length === 0) return [];
  const live = await ctx.database.db
    .select({ rule: alerts.rule, subject: alerts.subject })
    .from(alerts)
    .where(ne(alerts.state, 'resolved'));
  const told = new Set(live.map(({ rule, subject }) => `${rule} ${subject}`));
  return failing.filter((one) => !told.has(alertOf(one)));
}
