import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { isApiKeyFormat } from '#lib/access/key-format';
import { type Actor, inBackground, type Runtime } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { AppError } from '#lib/errors';
import { hashSecret } from '#lib/ids';

const stale = or(isNull(apiKeys.lastUsedAt), sql`${apiKeys.lastUsedAt} < now() - interval '1 minute'`);

/**
 * Who an API key stands for, asked of the database at every request, so that revoking is effective at once. Its last
 * use is noted at most once a minute, after the answer.
 * @throws AppError `invalid_api_key` for a key that is misspelt, unknown, expired or revoked; it does not say which
 */
export async function authenticateApiKey(runtime: Runtime, key: string): Promise<Extract<Actor, { type: 'api_key' }>> {
  if (!isApiKeyFormat(key)) throw new AppError('invalid_api_key');
  const { db } = runtime.database;
  const [row] = await db
    .select({ id: apiKeys.id, scopes: apiKeys.scopes, providers: apiKeys.providers, stale: sql<boolean>`${stale}` })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.keyHash, hashSecret(key)),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), sql`${apiKeys.expiresAt} > clock_timestamp()`),
      ),
    );
  if (!row) throw new AppError('invalid_api_key');
  if (row.stale) {
    const touch = db
      .update(apiKeys)
      .set({ lastUsedAt: sql`now()` })
      .where(and(eq(apiKeys.id, row.id), stale));
    inBackground(
      runtime,
      'api_key_last_used',
      touch.then(() => undefined),
    );
  }
  return { type: 'api_key', keyId: row.id, scopes: row.scopes, providers: row.providers };
}
