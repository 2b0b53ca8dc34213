import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { keyDetailFields } from '#lib/api-keys/key-details';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export const setKeyDetailsInput = z.object({ id: z.string().max(64), ...keyDetailFields });
export type SetKeyDetailsInput = z.input<typeof setKeyDetailsInput>;

const fields = ['name', 'purpose', 'owner'] as const;

/**
 * Sets the name, purpose and owner that people read about a key. The ledger says which of them changed; their texts may
 * name people and stay out of it.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`, `not_found`
 */
export async function setKeyDetails(ctx: Context, input: SetKeyDetailsInput): Promise<ApiKeyView> {
  requireAdministrator(ctx);
  const { id, ...details } = parseInput(setKeyDetailsInput, input);
  return transactAs(ctx, async (tx) => {
    const [before] = await tx.select(apiKeyColumns).from(apiKeys).where(eq(apiKeys.id, id)).for('update');
    if (!before) throw new AppError('not_found');
    const changed = fields.filter((field) => before[field] !== details[field]);
    if (changed.length === 0) return before;
    const [after] = await tx.update(apiKeys).set(details).where(eq(apiKeys.id, id)).returning(apiKeyColumns);
    if (!after) throw new AppError('not_found');
    await record(tx, ctx, { action: 'api_key.changed', apiKeyId: id, details: { changed } });
    return after;
  });
}
