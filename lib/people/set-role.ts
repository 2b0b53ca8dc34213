import { and, eq, isNull } from 'drizzle-orm';
import { requireAdministrator } from '#lib/access/require';
import type { Context, Role } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';

/**
 * Gives a person another role, effective at their next request. Nobody changes their own, so that an instance cannot
 * lose its last administrator by a slip; who is named in ADMIN_EMAILS stays an administrator.
 * @throws AppError `forbidden`, `not_found`, `conflict`
 */
export async function setRole(ctx: Context, input: { id: string; role: Role }): Promise<void> {
  requireAdministrator(ctx);
  if (ctx.actor.type === 'person' && ctx.actor.personId === input.id) {
    throw new AppError('conflict', { message: 'You cannot change your own role. Ask another administrator.' });
  }
  await withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .select({ role: people.role, adminByConfig: people.adminByConfig })
      .from(people)
      .where(and(eq(people.id, input.id), isNull(people.deletedAt)))
      .for('update');
    if (!row) throw new AppError('not_found');
    if (row.adminByConfig) {
      throw new AppError('conflict', {
        message: 'This person is an administrator by ADMIN_EMAILS. Take them out there first.',
      });
    }
    if (row.role === input.role) return;
    await tx.update(people).set({ role: input.role }).where(eq(people.id, input.id));
    await record(tx, ctx, {
      action: 'person.role_changed',
      personId: input.id,
      details: { from: row.role, to: input.role },
    });
  });
}
