import { and, sql } from 'drizzle-orm';
import { isHeld } from '#lib/bulk-revocation/held-rows';
import { type HeldRevocationInput, heldRevocationInput } from '#lib/bulk-revocation/retry-held';
import type { Context } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { atKey } from '#lib/revocation/claim-revocations';
import { aboutOf, eraseTokens, refusedOf } from '#lib/revocation/finish-revocation';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

/**
 * Erases tokens that could not be revoked. The hub cannot end that grant afterwards, so this needs a reason and a sign-in
 * of the last minutes.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found` where none is held
 */
export async function letGoOfRevocation(ctx: Context, input: HeldRevocationInput): Promise<void> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const { id: key, reason } = parseInput(heldRevocationInput, input);
  await transactAs(ctx, async (tx) => {
    const [row] = await tx
      .update(revocations)
      .set({ letGoAt: sql`now()` })
      .where(and(atKey(key), isHeld))
      .returning({ provider: revocations.provider });
    if (!row) throw new AppError('not_found');
    await eraseTokens(tx, key);
    const details = { reason, proof, ...refusedOf(key) };
    await record(tx, ctx, { action: 'revocation.let_go', ...aboutOf(key), provider: row.provider, details });
  });
}
