import { desc } from 'drizzle-orm';
import { requireReader } from '#lib/access/require';
import { type ApiKeyView, apiKeyColumns } from '#lib/access/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';

/**
 * Every API key, the newest first.
 * @throws AppError `forbidden` unless an administrator, an auditor or our own command line asks
 */
export async function listApiKeys(ctx: Context): Promise<ApiKeyView[]> {
  requireReader(ctx);
  return ctx.database.db.select(apiKeyColumns).from(apiKeys).orderBy(desc(apiKeys.createdAt), desc(apiKeys.id));
}
