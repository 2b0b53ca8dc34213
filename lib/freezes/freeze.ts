import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { freezes } from '#lib/db/schema/freezes';
import { AppError } from '#lib/errors';
import { selectFreezes, toFreezeView } from '#lib/freezes/read-views';
import { assertThere, freezeTarget, ledgerPlace } from '#lib/freezes/target';
import type { FreezeView } from '#lib/freezes/views';
import { requireAdministrator } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export const freezeInput = z.intersection(freezeTarget, z.object({ reason: reasonText }));
export type FreezeInput = z.input<typeof freezeInput>;

/**
 * Sets a freeze: from the next request on, at every process, no token under it is vended, refreshed or connected.
 * Nothing is deleted, and the provider's answer to a request that is under way already is stored. Setting a set one
 * changes and records nothing.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`, `not_found`
 */
export async function freeze(ctx: Context, input: FreezeInput): Promise<FreezeView> {
  requireAdministrator(ctx);
  const { scope, target, reason } = parseInput(freezeInput, input);
  await assertThere(ctx, { scope, target });
  const { db } = ctx.database;
  const id = newId('frz');
  await transactAs(ctx, async (tx) => {
    // A rotation of the key is over before, or sees the freeze: else the new key would pass it by.
    if (scope === 'api_key')
      await tx.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, target)).for('share');
    const set = await tx
      .insert(freezes)
      .values({ id, scope, target, reason, createdBy: actorId(ctx.actor) ?? '' })
      .onConflictDoNothing()
      .returning({ id: freezes.id });
    if (set.length === 0) return;
    await record(tx, ctx, {
      action: 'brake.frozen',
      ...ledgerPlace({ scope, target }),
      details: { freeze: id, scope, reason },
    });
  });
  const [row] = await selectFreezes(db).where(
    and(eq(freezes.scope, scope), eq(freezes.target, target), isNull(freezes.liftedAt)),
  );
  // Thawed in the same breath by somebody else.
  if (!row) throw new AppError('conflict');
  return toFreezeView(ctx, row);
}
