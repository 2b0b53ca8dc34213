import { asc, eq } from 'drizzle-orm';
import { currentRules } from '#lib/alerts/current-rules';
import { namesFor } from '#lib/alerts/names';
import { alertColumns, toAlertView } from '#lib/alerts/read-views';
import type { AlertDetailView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { alertEvents, alerts } from '#lib/db/schema/alerts';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';

const mostEvents = 500;

/**
 * One alert with what it was raised over and what became of it.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getAlert(ctx: Context, { id }: { id: string }): Promise<AlertDetailView> {
  requireReader(ctx);
  const { db } = ctx.database;
  const [row] = await db
    .select({ ...alertColumns, evidence: alerts.evidence })
    .from(alerts)
    .where(eq(alerts.id, id));
  if (!row) throw new AppError('not_found');
  const { evidence, ...alert } = row;
  const { at, kind, by, note } = alertEvents;
  const events = await db
    .select({ at, kind, by, note, name: people.name, email: people.email })
    .from(alertEvents)
    .leftJoin(people, eq(people.id, alertEvents.by))
    .where(eq(alertEvents.alertId, id))
    .orderBy(asc(alertEvents.id))
    .limit(mostEvents);
  return {
    ...toAlertView(alert, await currentRules(db), await namesFor(ctx, [alert])),
    evidence,
    events: events.map(({ by: id, name, email, ...event }) => ({
      ...event,
      by: id === 'system' ? null : { id, name: name ?? email },
    })),
  };
}
