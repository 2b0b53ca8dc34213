import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { people, roles } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { refuseOneself, requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { assertAdministratorLeft } from '#lib/people/last-administrator';
import { loadTarget } from '#lib/sign-in/load-target';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactOnPeople } from '#lib/sign-in/transact-as';

export const setRoleInput = z.object({ id: z.string().max(64), role: z.enum(roles) });
export type SetRoleInput = z.input<typeof setRoleInput>;

/**
 * Gives a person another role, effective at their next request. No person changes their own, and the last administrator
 * stays one; a person named in ADMIN_EMAILS stays an administrator. Needs a sign-in of the last minutes, or a stolen
 * session would make administrators of others and users of all administrators.
 * @throws AppError `forbidden`, `unauthenticated`, `step_up_required`, `not_found`, `conflict`, `invalid_request`
 */
export async function setRole(ctx: Context, input: SetRoleInput): Promise<void> {
  requireAdministrator(ctx);
  refuseOneself(ctx, input.id);
  const { proof } = await requireStepUp(ctx);
  const { id, role } = parseInput(setRoleInput, input);
  await transactOnPeople(ctx, async (tx) => {
    const target = await loadTarget(tx, id);
    if (target.applicationId !== null) {
      throw new AppError('conflict', { message: 'People of an application have no role here: they never sign in.' });
    }
    if (target.adminByConfig) {
      throw new AppError('conflict', {
        message: 'This person is an administrator by ADMIN_EMAILS. Take them out there first.',
      });
    }
    if (target.ownRole === role) return;
    await tx.update(people).set({ role }).where(eq(people.id, id));
    if (target.role === 'administrator') await assertAdministratorLeft(tx, ctx);
    await record(tx, ctx, {
      action: 'person.role_changed',
      personId: id,
      details: { from: target.ownRole, to: role, step_up: proof },
    });
  });
}
