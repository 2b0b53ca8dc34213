import { and, desc, eq, lt, ne, or } from 'drizzle-orm';
import { z } from 'zod';
import { currentRules } from '#lib/alerts/current-rules';
import { namesFor } from '#lib/alerts/names';
import { alertColumns, toAlertView } from '#lib/alerts/read-views';
import type { AlertView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { alertStates, alerts } from '#lib/db/schema/alerts';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

export const listAlertsInput = z.object({
  /** `live`: alerts that are not over. */
  state: z.enum(['live', ...alertStates]).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});
export type ListAlertsInput = z.input<typeof listAlertsInput>;

const sort = 'alerts';

/**
 * Alerts, the last opened first.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listAlerts(ctx: Context, input: ListAlertsInput = {}): Promise<Page<AlertView>> {
  requireReader(ctx);
  const { state, cursor, limit } = parseInput(listAlertsInput, input);
  const after = cursor ? decodeCursor(cursor, sort) : undefined;
  const at = after ? new Date(after.at) : undefined;
  const rows = await ctx.database.db
    .select(alertColumns)
    .from(alerts)
    .where(
      and(
        state === 'live' ? ne(alerts.state, 'resolved') : state ? eq(alerts.state, state) : undefined,
        at && after ? or(lt(alerts.openedAt, at), and(eq(alerts.openedAt, at), lt(alerts.id, after.id))) : undefined,
      ),
    )
    .orderBy(desc(alerts.openedAt), desc(alerts.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const nameOf = await namesFor(ctx, shown);
  const rules = await currentRules(ctx.database.db);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const nextCursor = last ? encodeCursor({ at: last.openedAt.toISOString(), id: last.id, sort }) : null;
  return { items: shown.map((row) => toAlertView(row, rules, nameOf)), nextCursor };
}
