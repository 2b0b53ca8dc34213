import { and, gt, isNull, not, or, sql } from 'drizzle-orm';
import { apiKeys } from '#lib/db/schema/api-keys';
import { freezes } from '#lib/db/schema/freezes';

/** True where a freeze stands over the key itself. */
export const isKeyFrozen = sql<boolean>`exists (select 1 from ${freezes} where ${freezes.liftedAt} is null
  and ${freezes.scope} = 'api_key' and ${freezes.target} = ${apiKeys}.${sql.identifier('id')})`;

/** True of an API key that is neither revoked, expired nor frozen: what it handed out is good for as long. */
export const isLiveKey = and(
  isNull(apiKeys.revokedAt),
  or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`clock_timestamp()`)),
  not(isKeyFrozen),
);
