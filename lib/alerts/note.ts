import { eq, sql } from 'drizzle-orm';
import { actorId } from '#lib/actor';
import { type ChangeAlertInput, changeAlertInput } from '#lib/alerts/change-state';
import type { Context } from '#lib/context';
import { alertEvents, alerts } from '#lib/db/schema/alerts';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

/**
 * Adds a note to an alert, also to one that is over.
 * @throws AppError `forbidden` unless an administrator asks, `not_found`, `invalid_request` for an empty one
 */
export async function noteOnAlert(ctx: Context, input: ChangeAlertInput): Promise<void> {
  requireAdministrator(ctx);
  const { id, note } = parseInput(changeAlertInput, input);
  if (note === null) throw new AppError('invalid_request', { issues: [{ path: 'note', message: 'Write a note' }] });
  await transactAs(ctx, async (tx) => {
    const [there] = await tx.select({ id: alerts.id }).from(alerts).where(eq(alerts.id, id));
    if (!there) throw new AppError('not_found');
    await tx
      .insert(alertEvents)
      .values({ alertId: id, at: sql`clock_timestamp()`, kind: 'noted', by: actorId(ctx.actor) ?? '', note });
  });
}
