import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { addressDetails, ipRangesText } from '#lib/api-keys/ip-rules';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

export const setAddressesInput = z.object({
  id: z.string().max(64),
  /** Null: from anywhere. */
  ipRanges: ipRangesText.nullable(),
  /** The effect of a call from elsewhere: a refusal, or an alert. */
  ipRule: z.enum(['deny', 'alert']).default('deny'),
});
export type SetAddressesInput = z.input<typeof setAddressesInput>;

/**
 * Sets the addresses that a key is expected from, effective at its next call. The same again changes and records
 * nothing. Needs a sign-in of the last minutes: it may open a leaked key to its thief.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`, `conflict` for a revoked key
 */
export async function setAddresses(ctx: Context, input: SetAddressesInput): Promise<ApiKeyView> {
  requireAdministrator(ctx);
  await requireStepUp(ctx);
  const { id, ipRanges, ipRule } = parseInput(setAddressesInput, input);
  return transactAs(ctx, async (tx) => {
    const [before] = await tx.select(apiKeyColumns).from(apiKeys).where(eq(apiKeys.id, id)).for('update');
    if (!before) throw new AppError('not_found');
    if (before.status === 'revoked') throw new AppError('conflict', { message: 'This API key was revoked.' });
    const same = before.ipRule === ipRule && JSON.stringify(before.ipRanges) === JSON.stringify(ipRanges);
    if (same) return before;
    const [after] = await tx
      .update(apiKeys)
      .set({ ipRanges, ipRule })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
      .returning(apiKeyColumns);
    if (!after) throw new AppError('not_found');
    await record(tx, ctx, { action: 'api_key.changed', apiKeyId: id, details: addressDetails(after) });
    return after;
  });
}
