import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { freezes } from '#lib/db/schema/freezes';
import { AppError } from '#lib/errors';
import { selectFreezes, toFreezeView } from '#lib/freezes/read-views';
import { ledgerPlace } from '#lib/freezes/target';
import type { FreezeView } from '#lib/freezes/views';
import { requireAdministrator } from '#lib/guards/require';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

/** By the freeze's own id: one that was set anew meanwhile, for another reason, is not lifted with it. */
export const thawInput = z.object({ id: z.string().max(64), reason: reasonText });
export type ThawInput = z.input<typeof thawInput>;

/**
 * Lifts a freeze, which needs a sign-in of the last minutes. Objects under another freeze stay frozen. Lifting a lifted
 * one changes and records nothing.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`
 */
export async function thaw(ctx: Context, input: ThawInput): Promise<FreezeView> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const { id, reason } = parseInput(thawInput, input);
  const { db } = ctx.database;
  await transactAs(ctx, async (tx) => {
    const [lifted] = await tx
      .update(freezes)
      .set({ liftedAt: sql`now()`, liftedBy: actorId(ctx.actor) ?? '', liftReason: reason })
      .where(and(eq(freezes.id, id), isNull(freezes.liftedAt)))
      .returning({ scope: freezes.scope, target: freezes.target });
    if (!lifted) return;
    await record(tx, ctx, {
      action: 'brake.thawed',
      ...ledgerPlace(lifted),
      details: { freeze: id, scope: lifted.scope, reason, step_up: proof },
    });
  });
  const [row] = await selectFreezes(db).where(eq(freezes.id, id));
  if (!row) throw new AppError('not_found');
  return toFreezeView(ctx, row);
}
