import { desc, eq, or, sql } from 'drizzle-orm';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { requireReader } from '#lib/guards/require';

/**
 * API keys with these words in their name, or with this id or prefix, the newest first. A hub has few keys beside its
 * connections, so that each is looked at.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function findApiKeys(ctx: Context, query: string, limit: number): Promise<ApiKeyView[]> {
  requireReader(ctx);
  return ctx.database.db
    .select(apiKeyColumns)
    .from(apiKeys)
    .where(
      or(
        eq(apiKeys.id, query),
        eq(apiKeys.prefix, query),
        sql`position(lower(${query}::text) in lower(${apiKeys.name})) > 0`,
      ),
    )
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
    .limit(limit);
}
