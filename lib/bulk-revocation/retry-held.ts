import { and, sql } from 'drizzle-orm';
import { z } from 'zod';
import { heldId } from '#lib/bulk-revocation/held-key';
import { isHeld } from '#lib/bulk-revocation/held-rows';
import { type Context, inBackground } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { atKey } from '#lib/revocation/claim-revocations';
import { aboutOf, refusedOf } from '#lib/revocation/finish-revocation';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

export const heldRevocationInput = z.object({ id: heldId, reason: reasonText });
export type HeldRevocationInput = z.input<typeof heldRevocationInput>;

/**
 * Begins a held revocation anew. A refused grant is revoked then although other connections to the same account may end
 * with it, so this needs a sign-in of the last minutes.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found` where none is held
 */
export async function retryHeldRevocation(ctx: Context, input: HeldRevocationInput): Promise<void> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const { id: key, reason } = parseInput(heldRevocationInput, input);
  await transactAs(ctx, async (tx) => {
    const [row] = await tx
      .update(revocations)
      .set({
        state: 'pending',
        attempts: 0,
        proof: 'none',
        proofAttempts: 0,
        finishedAt: null,
        // Cut, not rounded: a moment rounded up would not be due yet when the attempt that follows begins.
        nextAttemptAt: sql`date_trunc('milliseconds', now())`,
        refused: sql`${revocations.refused} || '{"evenOthers": true}'::jsonb`,
      })
      .where(and(atKey(key), isHeld))
      .returning({ provider: revocations.provider });
    if (!row) throw new AppError('not_found');
    const details = { reason, proof, ...refusedOf(key) };
    await record(tx, ctx, { action: 'revocation.retried', ...aboutOf(key), provider: row.provider, details });
  });
  inBackground(ctx, 'revoke at the provider', workOneRevocation(ctx, key));
}
