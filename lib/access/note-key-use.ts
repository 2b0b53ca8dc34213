import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { inBackground, type Runtime } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';

/** True where the key's last use is not of the last minute. */
export const keyUseIsStale = or(isNull(apiKeys.lastUsedAt), sql`${apiKeys.lastUsedAt} < now() - interval '1 minute'`);

/** Notes that a key was used, after the answer; of many calls in a minute, one writes. */
export function noteKeyUse(runtime: Runtime, keyId: string): void {
  const note = runtime.database.db
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(and(eq(apiKeys.id, keyId), keyUseIsStale));
  inBackground(
    runtime,
    'api_key_last_used',
    note.then(() => undefined),
  );
}
