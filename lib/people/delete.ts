import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { personEndings } from '#lib/db/schema/person-endings';
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

export const deletePersonInput = z.object({ id: z.string().max(64), reason: reasonText });
export type DeletePersonInput = z.input<typeof deletePersonInput>;

/**
 * Deletes a person: shuts them out, revokes every connection, then erases profile, labels and sessions. Values that
 * their revocations need are erased when each is over. The ledger keeps opaque ids only.
 *
 * One transaction with one entry does it all. Of more connections than fit into one, the first transaction shuts the
 * person out and records that the deletion has begun; batches follow, which any process goes on with after a crash, and
 * the last erases the person with an entry of its own. It cannot be undone, so it needs a sign-in of the last minutes.
 * @returns how many connections were revoked, and whether it is over
 * @throws AppError `forbidden`, `unauthenticated`, `step_up_required`, `not_found`, `invalid_request`, `conflict` for
 *   oneself and the last administrator
 */
export async function deletePerson(
  ctx: Context,
  input: DeletePersonInput,
): Promise<{ revoked: number; over: boolean }> {
  requireAdministrator(ctx);
  refuseOneself(ctx, input.id);
  const { proof } = await requireStepUp(ctx);
  const { id, reason } = parseInput(deletePersonInput, input);
  const begun = await transactOnPeople(ctx, async (tx) => {
    const target = await loadTarget(tx, id);
    const [open] = await tx.select().from(personEndings).where(eq(personEndings.personId, id));
    // Asked for again: it goes on, on behalf of who began it.
    if (open?.kind === 'deleted') return { revoked: [], over: false };
    await tx
      .update(people)
      .set({ disabledAt: sql`coalesce(${people.disabledAt}, now())` })
      .where(eq(people.id, id));
    if (target.role === 'administrator') await assertAdministratorLeft(tx, ctx);
    const [sessions, live] = [await endSessionsOf(tx, id), await countLive(tx, id)];
    const ending = { personId: id, kind: 'deleted' as const, reason, stepUp: proof, revoked: 0 };
    const progress = await endSome(tx, ctx, ending);
    if (progress.over) {
      await tx.delete(personEndings).where(eq(personEndings.personId, id));
      return progress;
    }
    await keepEnding(tx, ctx, { ...ending, revoked: progress.revoked.length }, actorId(ctx.actor) ?? '');
    await record(tx, ctx, {
      action: 'person.deletion_begun',
      personId: id,
      details: { reason, sessions, connections: live, step_up: proof },
    });
    return progress;
  });
  tellProviders(ctx, begun);
  return begun.over ? { revoked: begun.revoked.length, over: true } : workEnding(ctx, id);
}
