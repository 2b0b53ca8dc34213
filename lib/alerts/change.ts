import { and, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireAdministrator } from '#lib/access/require';
import { actorId } from '#lib/actor';
import { ruleOf } from '#lib/alerts/rules';
import { aboutOf } from '#lib/alerts/settle-alert';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { type AlertState, alertEvents, alerts } from '#lib/db/schema/alerts';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { announceAlert } from '#lib/webhooks/announce';

export const changeAlertInput = z.object({
  id: z.string().min(1).max(64),
  /** What was found out or done about it, for whoever looks next. It stays with the alert and not in the ledger. */
  note: z
    .string()
    .trim()
    .max(1000)
    .optional()
    .transform((note) => note || null),
});
export type ChangeAlertInput = z.input<typeof changeAlertInput>;

type Change = { kind: 'acknowledged' | 'resolved'; from: AlertState[]; set: Partial<typeof alerts.$inferInsert> };

async function change(ctx: Context, input: ChangeAlertInput, { kind, from, set }: Change): Promise<void> {
  requireAdministrator(ctx);
  const { id, note } = parseInput(changeAlertInput, input);
  const by = actorId(ctx.actor) ?? '';
  const at = ctx.now();
  await withTransaction(ctx.database.db, async (tx) => {
    const moment =
      kind === 'acknowledged' ? { acknowledgedAt: at, acknowledgedBy: by } : { resolvedAt: at, resolvedBy: by };
    const [row] = await tx
      .update(alerts)
      .set({ ...set, ...moment })
      .where(and(eq(alerts.id, id), inArray(alerts.state, from)))
      .returning();
    if (!row) {
      const [there] = await tx.select({ id: alerts.id }).from(alerts).where(eq(alerts.id, id));
      throw new AppError(there ? 'conflict' : 'not_found');
    }
    await tx.insert(alertEvents).values({ alertId: id, at, kind, by, note });
    const about = aboutOf(ruleOf(row.rule), row.subject);
    await record(tx, ctx, { action: `alert.${kind}`, code: row.rule, ...about, details: { alert: id } });
    await announceAlert(tx, { ...row, heldAt: at }, kind);
  });
}

/**
 * Says that somebody is looking into it: it is no longer counted as open, and goes on until it is resolved.
 * @throws AppError `forbidden` unless an administrator asks, `not_found`, `conflict` where it is not open
 */
export function acknowledgeAlert(ctx: Context, input: ChangeAlertInput): Promise<void> {
  return change(ctx, input, { kind: 'acknowledged', from: ['open'], set: { state: 'acknowledged' } });
}

/**
 * Ends an alert by hand. What is found from now on opens another.
 * @throws AppError `forbidden` unless an administrator asks, `not_found`, `conflict` where it is over already
 */
export function resolveAlert(ctx: Context, input: ChangeAlertInput): Promise<void> {
  return change(ctx, input, {
    kind: 'resolved',
    from: ['open', 'acknowledged'],
    set: { state: 'resolved', mailDueAt: null },
  });
}

/**
 * Adds a note to an alert, also to one that is over.
 * @throws AppError `forbidden` unless an administrator asks, `not_found`, `invalid_request` for an empty one
 */
export async function noteOnAlert(ctx: Context, input: ChangeAlertInput): Promise<void> {
  requireAdministrator(ctx);
  const { id, note } = parseInput(changeAlertInput, input);
  if (note === null)
    throw new AppError('invalid_request', { issues: [{ path: 'note', message: 'Write what there is to know' }] });
  const [there] = await ctx.database.db.select({ id: alerts.id }).from(alerts).where(eq(alerts.id, id));
  if (!there) throw new AppError('not_found');
  await ctx.database.db
    .insert(alertEvents)
    .values({ alertId: id, at: sql`clock_timestamp()`, kind: 'noted', by: actorId(ctx.actor) ?? '', note });
}
