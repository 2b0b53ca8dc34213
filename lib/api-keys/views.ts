import { sql } from 'drizzle-orm';
import { type ApiKeyScope, apiKeys } from '#lib/db/schema/api-keys';
import { freezes } from '#lib/db/schema/freezes';

/** An API key as pages and the command line show it: never the key nor its hash. */
export interface ApiKeyView {
  id: string;
  name: string;
  /** The first characters of the key, to tell keys apart. */
  prefix: string;
  scopes: ApiKeyScope[];
  /** Null: every provider. */
  providers: string[] | null;
  /** Addresses and networks that it is expected from; null: anywhere. */
  ipRanges: string[] | null;
  /** The effect of a call from elsewhere; of use only with `ipRanges`. */
  ipRule: 'deny' | 'alert';
  /** A freeze stands over it. */
  frozen: boolean;
  status: 'active' | 'expired' | 'revoked';
  expiresAt: Date | null;
  createdAt: Date;
  /** A person's id, or the name of what made it (`cli`). */
  createdBy: string;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

/** True where a freeze stands over the key itself. */
export const isKeyFrozen = sql<boolean>`exists (select 1 from ${freezes} where ${freezes.liftedAt} is null
  and ${freezes.scope} = 'api_key' and ${freezes.target} = ${apiKeys}.${sql.identifier('id')})`;

/** The named columns of a view; whether a key has expired is the database clock's word. */
export const apiKeyColumns = {
  id: apiKeys.id,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  scopes: apiKeys.scopes,
  providers: apiKeys.providers,
  ipRanges: apiKeys.ipRanges,
  ipRule: apiKeys.ipRule,
  frozen: isKeyFrozen,
  status: sql<
    ApiKeyView['status']
  >`case when ${apiKeys.revokedAt} is not null then 'revoked' when ${apiKeys.expiresAt} <= clock_timestamp() then 'expired' else 'active' end`,
  expiresAt: apiKeys.expiresAt,
  createdAt: apiKeys.createdAt,
  createdBy: apiKeys.createdBy,
  lastUsedAt: apiKeys.lastUsedAt,
  revokedAt: apiKeys.revokedAt,
};

/** A key that ends within this is to be replaced. */
export const expiringWithinDays = 14;
