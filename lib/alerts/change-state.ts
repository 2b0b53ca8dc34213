import { and, eq, inArray } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { ruleOf } from '#lib/alerts/rules';
import { aboutOf } from '#lib/alerts/settle-alert';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { type AlertState, alertEvents, alerts } from '#lib/db/schema/alerts';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';
import { announceAlert } from '#lib/webhooks/announce';

export const changeAlertInput = z.object({
  id: z.string().min(1).max(64),
  /** Findings and measures about it, for the next reader. They stay with the alert and not in the ledger. */
  note: z
    .string()
    .trim()
    .max(1000)
    .optional()
    .transform((note) => note || null),
});
export type ChangeAlertInput = z.input<typeof changeAlertInput>;

/** What a person can make of an alert, and from which states. */
interface Change {
  kind: 'acknowledged' | 'resolved';
  from: AlertState[];
  set: Partial<typeof alerts.$inferInsert>;
}

/** Changes an alert's state by hand: in its row, its history, the ledger and for the webhooks, together. */
export async function changeState(ctx: Context, input: ChangeAlertInput, { kind, from, set }: Change): Promise<void> {
  requireAdministrator(ctx);
  const { id, note } = parseInput(changeAlertInput, input);
  const by = actorId(ctx.actor) ?? '';
  await transactAs(ctx, async (tx) => {
    // Held against the entries' own times, to tell what came later.
    const at = await databaseNow(tx);
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
    await record(tx, ctx, { action: `alert.${kind}`, ...about, details: { alert: id, rule: row.rule } });
    await announceAlert(tx, { ...row, heldAt: at }, kind);
  });
}
