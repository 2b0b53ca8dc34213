import { inArray } from 'drizzle-orm';
import type { AlertRow } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';

/** Looks up the present names of the providers and keys that alerts are about; null for the ones that are gone. */
export async function namesFor(
  ctx: Context,
  rows: readonly AlertRow[],
): Promise<(kind: 'provider' | 'api_key', id: string) => string | null> {
  const ids = [...new Set(rows.map(({ subject }) => subject).filter((id) => id.startsWith('key_')))];
  const named = { id: apiKeys.id, name: apiKeys.name };
  const keys = ids.length > 0 ? await ctx.database.db.select(named).from(apiKeys).where(inArray(apiKeys.id, ids)) : [];
  return (kind, id) =>
    (kind === 'provider' ? ctx.providers.get(id)?.name : keys.find((key) => key.id === id)?.name) ?? null;
}
