import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { isWithin } from '#lib/api-keys/ip-rules';
import { isApiKeyFormat } from '#lib/api-keys/key-format';
import { keyUseIsStale, noteKeyUse } from '#lib/api-keys/note-key-use';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { AppError } from '#lib/errors';
import { isKeyFrozen } from '#lib/guards/live-key';
import { isOfLiveApplication } from '#lib/guards/of-live-application';
import type { ApiKeyActor } from '#lib/guards/require-api-key';
import { hashSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';

/**
 * The actor of an API key, asked of the database at every request, so that revoking is effective at once. Its last use
 * is noted at most once a minute, after the answer.
 * @throws AppError `invalid_api_key` for a key that is misspelt, unknown, expired or revoked (it does not say which),
 *   `ip_not_allowed` where the key's own rule refuses the caller's address, `frozen` under a freeze over the key; both are
 *   in the ledger then
 */
export async function authenticateApiKey(ctx: Context, key: string): Promise<ApiKeyActor> {
  if (!isApiKeyFormat(key)) throw new AppError('invalid_api_key');
  const [row] = await ctx.database.db
    .select({
      id: apiKeys.id,
      scopes: apiKeys.scopes,
      providers: apiKeys.providers,
      applicationId: apiKeys.applicationId,
      ipRanges: apiKeys.ipRanges,
      ipRule: apiKeys.ipRule,
      stale: sql<boolean>`${keyUseIsStale}`,
      frozen: isKeyFrozen,
    })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.keyHash, hashSecret(key)),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), sql`${apiKeys.expiresAt} > clock_timestamp()`),
        isOfLiveApplication,
      ),
    );
  if (!row) throw new AppError('invalid_api_key');
  const { scopes, providers, applicationId } = row;
  const actor: ApiKeyActor = { type: 'api_key', keyId: row.id, scopes, providers, applicationId };
  const elsewhere = row.ipRanges && row.ipRule === 'deny' && !isWithin(ctx.ip, row.ipRanges);
  // A key that may have leaked must be of no use at all, whatever it could do besides reading tokens.
  const code = elsewhere ? 'ip_not_allowed' : row.frozen ? 'frozen' : null;
  if (code) {
    await record(ctx.database.db, { ...ctx, actor }, { action: 'request.refused', outcome: 'refused', code });
    throw new AppError(code, code === 'frozen' ? { message: 'An administrator froze this API key.' } : {});
  }
  if (row.stale) noteKeyUse(ctx, row.id);
  return actor;
}
