import { and, desc, eq, sql } from 'drizzle-orm';
import type { Found } from '#lib/alerts/read-slice';
import type { Rule } from '#lib/alerts/rule';
import { transition } from '#lib/alerts/transition';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { type AlertEvidence, alertEvents, alerts } from '#lib/db/schema/alerts';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { announceAlert } from '#lib/webhooks/announce';

const keptEvidence = 20;

/** The subject of an alert, for the columns of the ledger. */
export function aboutOf(rule: Pick<Rule, 'subject'> | undefined, subject: string) {
  if (subject === '') return {};
  if (rule?.subject === 'provider') return { provider: subject };
  if (rule?.subject === 'check') return { provider: subject.split('/')[1] ?? null };
  return rule?.subject === 'api_key' ? { apiKeyId: subject } : {};
}

/** Once more in the ledger, at the endpoints and in the alert's own history, where its state changed. */
async function tell(
  tx: Db,
  ctx: Context,
  row: typeof alerts.$inferSelect,
  rule: Rule,
  kind: 'opened' | 'reopened' | 'resolved',
) {
  await tx.insert(alertEvents).values({ alertId: row.id, at: row.heldAt, kind, by: 'system' });
  await record(tx, ctx, {
    action: kind === 'resolved' ? 'alert.resolved' : 'alert.opened',
    ...aboutOf(rule, row.subject),
    details: { alert: row.id, rule: row.rule, severity: row.severity, ...(kind === 'reopened' ? { again: true } : {}) },
  });
  await announceAlert(tx, row, kind);
}

/** Lets one alert become what the rule's finding makes of it. In the caller's transaction, by one process at a time. */
export async function settleAlert(tx: Db, ctx: Context, found: Found, now: Date): Promise<void> {
  const { rule, subject } = found;
  const [last] = await tx
    .select()
    .from(alerts)
    .where(and(eq(alerts.rule, rule.id), eq(alerts.subject, subject)))
    .orderBy(sql`${alerts.state} = 'resolved'`, desc(alerts.resolvedAt), desc(alerts.openedAt))
    .limit(1);
  // A span that somebody has seen and put away is not news.
  const seen = found.since && last?.resolvedAt && last.resolvedBy !== 'system' && found.since <= last.resolvedAt;
  const value = seen ? 0 : found.value;
  const next = transition(rule, last ?? null, value, now);
  if (next === 'none' || (next === 'keep' && found.count === 0)) return;
  if (next === 'open' || !last) {
    const row = {
      id: newId('alr'),
      rule: rule.id,
      subject,
      severity: rule.severity,
      state: 'open' as const,
      value,
      peak: value,
      count: Math.max(found.count, value),
      evidence: found.evidence,
      openedAt: now,
      heldAt: now,
      mailDueAt: ctx.config.alertEmails.length > 0 ? now : null,
    };
    const [opened] = await tx.insert(alerts).values(row).returning();
    if (opened) await tell(tx, ctx, opened, rule, 'opened');
    return;
  }
  // A span that is found again tells more of itself, and is told once.
  const older = found.since ? last.evidence.filter(({ at }) => at !== found.evidence[0]?.at) : last.evidence;
  const evidence: AlertEvidence[] = [...found.evidence, ...older].slice(0, keptEvidence);
  const [row] = await tx
    .update(alerts)
    .set({
      value,
      peak: Math.max(last.peak, value),
      count: last.count + found.count,
      evidence: rule.kind === 'state' && found.evidence.length > 0 ? found.evidence : evidence,
      ...(next === 'hold' ? { heldAt: now } : {}),
      ...(next === 'reopen'
        ? {
            state: 'open' as const,
            heldAt: now,
            resolvedAt: null,
            resolvedBy: null,
            acknowledgedAt: null,
            acknowledgedBy: null,
          }
        : {}),
      ...(next === 'resolve'
        ? { state: 'resolved' as const, resolvedAt: now, resolvedBy: 'system', mailDueAt: null }
        : {}),
    })
    .where(eq(alerts.id, last.id))
    .returning();
  if (!row || next === 'hold' || next === 'keep') return;
  await tell(tx, ctx, { ...row, heldAt: now }, rule, next === 'reopen' ? 'reopened' : 'resolved');
}
