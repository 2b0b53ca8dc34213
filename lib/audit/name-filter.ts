import { and, eq } from 'drizzle-orm';
import { type LedgerFilter, peopleOf } from '#lib/audit/ledger-filter';
import { readNames } from '#lib/audit/list-ledger';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { requireReader } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';

/** The present name of a filter's object; null where no object has the id any more. */
export interface FilterNames {
  person: string | null;
  apiKey: string | null;
  connection: string | null;
}

/**
 * The names of a filter's ids, also where no entry fits it.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function nameFilter(ctx: Context, filter: LedgerFilter): Promise<FilterNames> {
  requireReader(ctx);
  const { db } = ctx.database;
  const { personId, apiKeyId, connectionId } = filter;
  const names = await readNames(db, personId ? [personId] : [], apiKeyId ? [apiKeyId] : []);
  const called = (await peopleOf(db, filter)).map(({ id, name }) => name ?? id);
  return {
    person: names.get(personId ?? '') ?? (called.join(', ') || null),
    apiKey: names.get(apiKeyId ?? '') ?? null,
    connection: connectionId ? await labelOf(ctx, connectionId) : null,
  };
}

async function labelOf({ database, providers }: Context, id: string): Promise<string | null> {
  const personId = personOfConnection(id);
  if (!personId) return null;
  const [row] = await database.db
    .select({ provider: connections.provider, label: connections.label })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  if (!row) return null;
  const provider = providers.get(row.provider)?.name ?? row.provider;
  return row.label ? `${provider}, ${row.label}` : provider;
}
