import { desc, ne, sql } from 'drizzle-orm';
import { currentRules } from '#lib/alerts/current-rules';
import { namesFor } from '#lib/alerts/names';
import { alertColumns, toAlertView } from '#lib/alerts/read-views';
import type { AlertView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { alertSeverities, alerts } from '#lib/db/schema/alerts';
import { requireReader } from '#lib/guards/require';

/** The worst first, by the order of the column's values. */
const rank = sql`array_position(array[${sql.join(
  alertSeverities.map((one) => sql.raw(`'${one}'`)),
  sql`, `,
)}], ${alerts.severity})`;

/**
 * The active alerts that matter most: by severity, then the unacknowledged ones, then the newest.
 * `more`: there are others.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listMostSevere(
  ctx: Context,
  { limit }: { limit: number },
): Promise<{ items: AlertView[]; more: boolean }> {
  requireReader(ctx);
  const { db } = ctx.database;
  const rows = await db
    .select(alertColumns)
    .from(alerts)
    .where(ne(alerts.state, 'resolved'))
    .orderBy(rank, desc(sql`${alerts.state} = 'open'`), desc(alerts.openedAt), desc(alerts.id))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const [rules, nameOf] = [await currentRules(db), await namesFor(ctx, shown)];
  return { items: shown.map((row) => toAlertView(row, rules, nameOf)), more: rows.length > limit };
}
