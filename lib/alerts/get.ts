import { and, desc, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { currentRules } from '#lib/alerts/current-rules';
import { namesFor } from '#lib/alerts/names';
import { alertColumns, toAlertView } from '#lib/alerts/read-views';
import type { AlertDetailView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { alertEvents, alerts } from '#lib/db/schema/alerts';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';

const mostEvents = 50;

export const getAlertInput = z.object({
  id: z.string().max(64),
  /** The number of an event: only events before it, as `earlierThan` of a view says. */
  before: z.coerce.number().int().positive().optional(),
});
export type GetAlertInput = z.input<typeof getAlertInput>;

/**
 * One alert with what it was raised over and the newest part of what became of it.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`, `invalid_request`
 */
export async function getAlert(ctx: Context, input: GetAlertInput): Promise<AlertDetailView> {
  requireReader(ctx);
  const { id, before } = parseInput(getAlertInput, input);
  const { db } = ctx.database;
  const [row] = await db
    .select({ ...alertColumns, evidence: alerts.evidence })
    .from(alerts)
    .where(eq(alerts.id, id));
  if (!row) throw new AppError('not_found');
  const { evidence, ...alert } = row;
  const { at, kind, by, note } = alertEvents;
  const rows = await db
    .select({ number: alertEvents.id, at, kind, by, note, name: people.name, email: people.email })
    .from(alertEvents)
    .leftJoin(people, eq(people.id, alertEvents.by))
    .where(and(eq(alertEvents.alertId, id), before === undefined ? undefined : lt(alertEvents.id, before)))
    .orderBy(desc(alertEvents.id))
    .limit(mostEvents + 1);
  const shown = rows.slice(0, mostEvents);
  return {
    ...toAlertView(alert, await currentRules(db), await namesFor(ctx, [alert])),
    evidence,
    events: shown.toReversed().map(({ number: _, by: id, name, email, ...event }) => ({
      ...event,
      by: id === 'system' ? null : { id, name: name ?? email },
    })),
    earlierThan: rows.length > mostEvents ? (shown.at(-1)?.number ?? null) : null,
  };
}
