import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { refuseOneself, requireAdministrator } from '#lib/access/require';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { people, roles } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/people/step-up';

export const setRoleInput = z.object({ id: z.string().max(64), role: z.enum(roles) });
export type SetRoleInput = z.input<typeof setRoleInput>;

/**
 * Gives a person another role, effective at their next request. Nobody changes their own, so that an instance cannot
 * lose its last administrator by a slip; who is named in ADMIN_EMAILS stays an administrator. Needs a sign-in of the last
 * minutes, or a stolen session would make administrators of others and users of all administrators.
 * @throws AppError `forbidden`, `step_up_required`, `not_found`, `conflict`, `invalid_request`
 */
export async function setRole(ctx: Context, input: SetRoleInput): Promise<void> {
  requireAdministrator(ctx);
  refuseOneself(ctx, input.id);
  const { proof } = await requireStepUp(ctx);
  const { id, role } = parseInput(setRoleInput, input);
  await withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .select({ role: people.role, adminByConfig: people.adminByConfig })
      .from(people)
      .where(and(eq(people.id, id), isNull(people.deletedAt)))
      .for('update');
    if (!row) throw new AppError('not_found');
    if (row.adminByConfig) {
      throw new AppError('conflict', {
        message: 'This person is an administrator by ADMIN_EMAILS. Take them out there first.',
      });
    }
    if (row.role === role) return;
    await tx.update(people).set({ role }).where(eq(people.id, id));
    await record(tx, ctx, {
      action: 'person.role_changed',
      personId: id,
      details: { from: row.role, to: role, step_up: proof },
    });
  });
}
