import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { inBackground, type Runtime } from '#lib/context';
import { oncePerDatabase } from '#lib/db/grouped';
import { apiKeys } from '#lib/db/schema/api-keys';

/** True where the key's last use is not of the last minute. */
export const keyUseIsStale = or(isNull(apiKeys.lastUsedAt), sql`${apiKeys.lastUsedAt} < now() - interval '1 minute'`);

/** Keys with a use that is being written. */
const underWay = oncePerDatabase('key-uses', () => new Set<string>());

/**
 * Notes that a key was used, after the answer; of many calls in a minute, one writes. Calls that are answered meanwhile
 * begin no write: under load they would be dozens, on every connection that there is, and all wait for the one row.
 */
export function noteKeyUse(runtime: Runtime, keyId: string): void {
  const { db } = runtime.database;
  const noting = underWay(runtime.database);
  if (noting.has(keyId)) return;
  noting.add(keyId);
  const note = async () => {
    try {
      await db
        .update(apiKeys)
        .set({ lastUsedAt: sql`now()` })
        .where(and(eq(apiKeys.id, keyId), keyUseIsStale));
    } finally {
      noting.delete(keyId);
    }
  };
  inBackground(runtime, 'api_key_last_used', note());
}
