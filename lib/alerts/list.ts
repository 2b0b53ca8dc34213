import { and, asc, desc, eq, inArray, lt, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireReader } from '#lib/access/require';
import { type AlertDetailView, type AlertRow, type AlertView, alertColumns, toAlertView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { type CappedCount, countCapped } from '#lib/db/count-capped';
import { alertEvents, alertStates, alerts } from '#lib/db/schema/alerts';
import { apiKeys } from '#lib/db/schema/api-keys';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { parseInput } from '#lib/parse-input';

export const listAlertsInput = z.object({
  /** `live`: those that are not over. */
  state: z.enum(['live', ...alertStates]).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});

const sort = 'alerts';

async function namesFor(ctx: Context, rows: AlertRow[]) {
  const ids = [...new Set(rows.map(({ subject }) => subject).filter((id) => id.startsWith('key_')))];
  const keys =
    ids.length > 0
      ? await ctx.database.db
          .select({ id: apiKeys.id, name: apiKeys.name })
          .from(apiKeys)
          .where(inArray(apiKeys.id, ids))
      : [];
  return (kind: 'provider' | 'api_key', id: string) =>
    (kind === 'provider' ? ctx.providers.get(id)?.name : keys.find((key) => key.id === id)?.name) ?? null;
}

/**
 * Alerts, those that were opened last first.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listAlerts(ctx: Context, input: z.input<typeof listAlertsInput> = {}): Promise<Page<AlertView>> {
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
  const last = shown.at(-1);
  const nextCursor =
    rows.length > limit && last ? encodeCursor({ at: last.openedAt.toISOString(), id: last.id, sort }) : null;
  return { items: shown.map((row) => toAlertView(row, nameOf)), nextCursor };
}

/** Nobody reads a longer number beside a word. */
const countUpTo = 99;

/**
 * How many alerts nobody has acknowledged.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function countOpenAlerts(ctx: Context): Promise<CappedCount> {
  requireReader(ctx);
  const rows = sql`(select 1 from alerts where state = 'open' limit ${countUpTo + 1})`;
  return countCapped(ctx.database.db, rows, countUpTo);
}

/**
 * One alert with what it was raised over and what became of it.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getAlert(ctx: Context, { id }: { id: string }): Promise<AlertDetailView> {
  requireReader(ctx);
  const [row] = await ctx.database.db
    .select({ ...alertColumns, evidence: alerts.evidence })
    .from(alerts)
    .where(eq(alerts.id, id));
  if (!row) throw new AppError('not_found');
  const { evidence, ...alert } = row;
  const events = await ctx.database.db
    .select({
      at: alertEvents.at,
      kind: alertEvents.kind,
      by: alertEvents.by,
      note: alertEvents.note,
      name: people.name,
      email: people.email,
    })
    .from(alertEvents)
    .leftJoin(people, eq(people.id, alertEvents.by))
    .where(eq(alertEvents.alertId, id))
    .orderBy(asc(alertEvents.id))
    .limit(500);
  return {
    ...toAlertView(alert, await namesFor(ctx, [alert])),
    evidence,
    events: events.map(({ by, name, email, ...event }) => ({
      ...event,
      by: by === 'system' ? null : { id: by, name: name ?? email },
    })),
  };
}
