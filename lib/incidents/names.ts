import { and, inArray } from 'drizzle-orm';
import { readNames } from '#lib/audit/list-ledger';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { personOfConnection } from '#lib/ids';
import type { IncidentKind } from '#lib/incidents/views';

/** The name that an id of a kind has today; null where it has none. */
export type Names = (kind: IncidentKind, id: string) => string | null;

/** Looks up the names of what an incident touches. They are in no entry of the ledger. */
export async function readIncidentNames(
  ctx: Context,
  ids: Readonly<Partial<Record<IncidentKind, readonly string[]>>>,
): Promise<Names> {
  const { db } = ctx.database;
  const { people = [], actors = [], services = [], connections: connected = [] } = ids;
  const persons = [...people, ...actors.filter((id) => id.startsWith('per_'))];
  const keys = [...services, ...actors.filter((id) => id.startsWith('key_'))];
  const owners = connected.flatMap((id) => personOfConnection(id) ?? []);
  const [names, rows] = await Promise.all([
    readNames(db, persons, keys),
    connected.length === 0
      ? []
      : db
          .select({ id: connections.id, label: connections.label, provider: connections.provider })
          .from(connections)
          .where(and(inArray(connections.personId, owners), inArray(connections.id, [...connected]))),
  ]);
  const providerName = (id: string) => ctx.providers.get(id)?.name ?? null;
  return (kind, id) => {
    if (kind === 'providers') return providerName(id);
    if (kind === 'networks') return null;
    if (kind !== 'connections') return names.get(id) ?? null;
    const row = rows.find((one) => one.id === id);
    return row ? [row.label, providerName(row.provider) ?? row.provider].filter(Boolean).join(', ') : null;
  };
}
