import { isNull, type SQL, sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { personOfConnection } from '#lib/ids';

/** The freezes that stand and bear on connections, by what they are over. */
export interface Freezes {
  everything: boolean;
  providers: string[];
  persons: string[];
  connections: string[];
}

/** Asks which freezes stand: few rows of an index of their own, however many connections there are. */
export async function standingFreezes(db: Db): Promise<Freezes> {
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
 * True where one of these freezes stands over the connection: `isFrozen` for many rows at once. Each kind is a list that
 * an index serves, and the kinds of which none stands cost nothing.
 */
export function isUnder(freezes: Freezes): SQL<boolean> {
  if (freezes.everything) return sql`true`;
  const owners = freezes.connections.flatMap((id) => personOfConnection(id) ?? []);
  const kinds = [
    ...(freezes.providers.length > 0 ? [oneOf(sql`${connections.provider}`, freezes.providers)] : []),
    ...(freezes.persons.length > 0 ? [oneOf(sql`${connections.personId}`, freezes.persons)] : []),
    ...(freezes.connections.length > 0
      ? [
          sql`(${oneOf(sql`${connections.personId}`, owners)} and ${oneOf(sql`${connections.id}`, freezes.connections)})`,
        ]
      : []),
  ];
  return kinds.length > 0 ? sql`(${sql.join(kinds, sql` or `)})` : sql`false`;
}
