import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { type Context, inBackground } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { personEndings } from '#lib/db/schema/person-endings';
import { AppError } from '#lib/errors';
import { refuseOneself, requireAdministrator } from '#lib/guards/require';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { countLive, endSome } from '#lib/people/end-connections';
import { assertAdministratorLeft } from '#lib/people/last-administrator';
import { keepEnding, tellProviders, workEnding } from '#lib/people/work-endings';
import { endSessionsOf } from '#lib/sign-in/end-session';
import { loadTarget } from '#lib/sign-in/load-target';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactOnPeople } from '#lib/sign-in/transact-as';

export const disablePersonInput = z.object({
  id: z.string().max(64),
  reason: reasonText,
  /** For the command line alone: also the last administrator, as after the theft of their account. */
  dangerouslyLastAdministrator: z.literal(true).optional(),
});
export type DisablePersonInput = z.input<typeof disablePersonInput>;

/**
 * Shuts a person out: their sessions end at the next request and none can begin, and their connections are revoked, here
 * at once (of very many in batches, which go on by themselves) and at the providers as soon as those answer. Enabling them
 * again brings none of it back. For another administrator it needs a sign-in of the last minutes, so that a stolen session
 * cannot be alone with the hub.
 * @throws AppError `forbidden`, `unauthenticated`, `step_up_required`, `not_found`, `invalid_request`, `conflict` for
 *   oneself and the last administrator
 */
export async function disablePerson(ctx: Context, input: DisablePersonInput): Promise<{ revoked: number }> {
  requireAdministrator(ctx);
  refuseOneself(ctx, input.id);
  const { id, reason, dangerouslyLastAdministrator = false } = parseInput(disablePersonInput, input);
  const mayBeLast = dangerouslyLastAdministrator && ctx.actor.type === 'system';
  const done = await transactOnPeople(ctx, async (tx) => {
    const target = await loadTarget(tx, id);
    if (target.role === 'administrator') await requireStepUp(ctx, tx);
    if (target.disabledAt) return null;
    await tx.update(people).set({ disabledAt: sql`now()` }).where(eq(people.id, id));
    if (target.role === 'administrator' && !mayBeLast) await assertAdministratorLeft(tx, ctx);
    const [sessions, live] = [await endSessionsOf(tx, id), await countLive(tx, id)];
    const ending = { personId: id, kind: 'disabled' as const, reason, stepUp: null, revoked: 0 };
    const progress = await endSome(tx, ctx, ending);
    if (!progress.over)
      await keepEnding(tx, ctx, { ...ending, revoked: progress.revoked.length }, actorId(ctx.actor) ?? '');
    await record(tx, ctx, { action: 'person.disabled', personId: id, details: { reason, sessions, revoked: live } });
    return { ...progress, live };
  });
  if (!done) return { revoked: 0 };
  tellProviders(ctx, done);
  if (!done.over) inBackground(ctx, 'revoke what a disabled person has', workEnding(ctx, id));
  return { revoked: done.live };
}

/**
 * Lets a disabled person sign in again, with the role they had: so it needs a sign-in of the last minutes.
 * @throws AppError `forbidden`, `unauthenticated`, `step_up_required`, `not_found`, `invalid_request`, `conflict` while
 *   connections are still being revoked, or the person is being deleted
 */
export async function enablePerson(ctx: Context, input: DisablePersonInput): Promise<void> {
  requireAdministrator(ctx);
  await requireStepUp(ctx);
  const { id, reason } = parseInput(disablePersonInput, input);
  await transactOnPeople(ctx, async (tx) => {
    const target = await loadTarget(tx, id);
    if (!target.disabledAt) return;
    const [open] = await tx
      .select({ kind: personEndings.kind })
      .from(personEndings)
      .where(eq(personEndings.personId, id));
    if (open) {
      const message =
        open.kind === 'deleted'
          ? 'This person is being deleted.'
          : 'This person’s connections are still being revoked. Try again in a minute.';
      throw new AppError('conflict', { message });
    }
    await tx.update(people).set({ disabledAt: null }).where(eq(people.id, id));
    await record(tx, ctx, { action: 'person.enabled', personId: id, details: { reason } });
  });
}
