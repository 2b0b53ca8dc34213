import { sql } from 'drizzle-orm';
import { apiKeys } from '#lib/db/schema/api-keys';
import { applications } from '#lib/db/schema/applications';

/** True of an API key that belongs to no application, or to one that is not disabled. */
export const isOfLiveApplication = sql<boolean>`(${apiKeys.applicationId} is null or exists (
  select 1 from ${applications} a where a.id = ${apiKeys}.${sql.identifier('application_id')} and a.disabled_at is null))`;
