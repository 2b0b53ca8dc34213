import { isNull, type SQL, sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { personOfConnection } from '#lib/ids';

/** The brakes that stand and bear on connections, by what they are over. */
export interface Brakes {
  everything: boolean;
  providers: string[];
  persons: string[];
  connections: string[];
}

/** Asks which brakes stand: few rows of an index of their own, however many connections there are. */
export async function standingBrakes(db: Db): Promise<Brakes> {
  const rows = await db
    .select({ scope: freezes.scope, target: freezes.target })
    .from(freezes)
    .where(isNull(freezes.liftedAt));
  const over = (scope: string) => rows.filter((row) => row.scope === scope).map(({ target }) => target);
  return {
    everything: over('everything').length > 0,
    providers: over('provider'),
    persons: over('person'),
    connections: over('connection'),
  };
}

const oneOf = (column: SQL, values: readonly string[]) => sql`${column} = any(${sql.param(values)}::text[])`;

/**
 * True where one of these brakes stands over the connection: `isFrozen` for many rows at once. Each kind is a list that
 * an index serves, and the kinds of which none stands cost nothing.
 */
export function isUnder(brakes: Brakes): SQL<boolean> {
  if (brakes.everything) return sql`true`;
  const owners = brakes.connections.flatMap((id) => personOfConnection(id) ?? []);
  const kinds = [
    ...(brakes.providers.length > 0 ? [oneOf(sql`${connections.provider}`, brakes.providers)] : []),
    ...(brakes.persons.length > 0 ? [oneOf(sql`${connections.personId}`, brakes.persons)] : []),
    ...(brakes.connections.length > 0
      ? [sql`(${oneOf(sql`${connections.personId}`, owners)} and ${oneOf(sql`${connections.id}`, brakes.connections)})`]
      : []),
  ];
  return kinds.length > 0 ? sql`(${sql.join(kinds, sql` or `)})` : sql`false`;
}
