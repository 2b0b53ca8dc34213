import { inArray } from 'drizzle-orm';
import type { AlertRow } from '#lib/alerts/read-views';
import type { SubjectKind } from '#lib/alerts/views';
import { checkOf } from '#lib/checks/list';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';

/** Looks up the present names of the providers, keys and checks that alerts are about; null for the ones that are gone. */
export async function namesFor(
  ctx: Context,
  rows: readonly AlertRow[],
): Promise<(kind: SubjectKind, id: string) => string | null> {
  const ids = [...new Set(rows.map(({ subject }) => subject).filter((id) => id.startsWith('key_')))];
  const named = { id: apiKeys.id, name: apiKeys.name };
  const keys = ids.length > 0 ? await ctx.database.db.select(named).from(apiKeys).where(inArray(apiKeys.id, ids)) : [];
  const checkName = (id: string) => {
    const [check = '', provider] = id.split('/');
    const name = checkOf(check)?.name;
    return name && provider ? `${ctx.providers.get(provider)?.name ?? provider}: ${name}` : name;
  };
  return (kind, id) => {
    if (kind === 'check') return checkName(id) ?? null;
    return (kind === 'provider' ? ctx.providers.get(id)?.name : keys.find((key) => key.id === id)?.name) ?? null;
  };
}
