import { and, sql } from 'drizzle-orm';
import { requireAdministrator } from '#lib/access/require';
import { atKey } from '#lib/connections/claim-revocations';
import { aboutOf, eraseTokens, refusedOf } from '#lib/connections/finish-revocation';
import type { Context } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/people/step-up';
import { transactAs } from '#lib/people/transact-as';
import { isHeld } from '#lib/revocations/held-rows';
import { type HeldRevocationInput, heldRevocationInput } from '#lib/revocations/retry-held';

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
