import { sql } from 'drizzle-orm';
import type { ApiKeyView } from '#lib/api-keys/views';
import { apiKeys } from '#lib/db/schema/api-keys';
import { isKeyFrozen } from '#lib/guards/live-key';

const nameOfItsApplication = sql<
  string | null
>`(select a.name from applications a where a.id = ${apiKeys}.${sql.identifier('application_id')})`;

/** The named columns of a view; whether a key has expired is the database clock's word. */
export const apiKeyColumns = {
  id: apiKeys.id,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  scopes: apiKeys.scopes,
  providers: apiKeys.providers,
  applicationId: apiKeys.applicationId,
  applicationName: nameOfItsApplication,
  ipRanges: apiKeys.ipRanges,
  ipRule: apiKeys.ipRule,
  frozen: isKeyFrozen,
  status: sql<
    ApiKeyView['status']
  >`case when ${apiKeys.revokedAt} is not null then 'revoked' when ${apiKeys.expiresAt} <= clock_timestamp() then 'expired' else 'active' end`,
  expiresAt: apiKeys.expiresAt,
  createdAt: apiKeys.createdAt,
  purpose: apiKeys.purpose,
  owner: apiKeys.owner,
  replaces: apiKeys.replaces,
  createdBy: apiKeys.createdBy,
  lastUsedAt: apiKeys.lastUsedAt,
  revokedAt: apiKeys.revokedAt,
};
