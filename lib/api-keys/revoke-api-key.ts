import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export const revokeApiKeyInput = z.object({ id: z.string().min(1).max(64) });
export type RevokeApiKeyInput = z.input<typeof revokeApiKeyInput>;

/**
 * Ends an API key; the very next request that shows it is refused. Doing it again changes and records nothing.
 * @throws AppError `forbidden` unless an administrator or our own command line asks, `not_found`
 */
export async function revokeApiKey(ctx: Context, input: RevokeApiKeyInput): Promise<ApiKeyView> {
  requireAdministrator(ctx);
  const { id } = parseInput(revokeApiKeyInput, input);
  return transactAs(ctx, async (tx) => {
    const [revoked] = await tx
      .update(apiKeys)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
      .returning(apiKeyColumns);
    if (revoked) {
      await record(tx, ctx, { action: 'api_key.revoked', apiKeyId: id });
      return revoked;
    }
    const [row] = await tx.select(apiKeyColumns).from(apiKeys).where(eq(apiKeys.id, id));
    if (!row) throw new AppError('not_found');
    return row;
  });
}
