import { and, eq, inArray, sql } from 'drizzle-orm';
import type { BulkBlastRadiusView } from '#lib/bulk-revocation/views';
import type { Context } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { shownName } from '#lib/db/shown-name';
import { personOfConnection } from '#lib/ids';

const named = 20;

interface Found extends Record<string, unknown> {
  provider: string;
  count: number;
  ids: string[];
}

/**
 * @param told providers that are told at all
 * @param wide those where all of an account ends, whichever of them is told
 */
async function find(db: Db, id: string, told: string[], wide: string[]): Promise<Found[]> {
  const list = (ids: string[]) =>
    sql`array[${sql.join([sql`null`, ...ids.map((one) => sql`${one}`)], sql`, `)}]::text[]`;
  return rowsOf<Found>(
    await db.execute(sql`with ending as (
        select distinct r.provider, other.id
        from bulk_revocation_rows r
        join connections c on c.person_id = r.person_id and c.id = r.connection_id
        join connections other on other.issuer = c.issuer and other.subject = c.subject and other.status <> 'revoked'
          and (other.provider = r.provider
            or (r.provider = any(${list(wide)}) and other.provider = any(${list(wide)})))
        where r.bulk_id = ${id} and r.provider = any(${list(told)})
          and not exists (select 1 from bulk_revocation_rows mine
            where mine.bulk_id = r.bulk_id and mine.connection_id = other.id)),
      numbered as (select provider, id, row_number() over (partition by provider order by id) as n from ending)
      select provider, count(*)::int as count, array_agg(id order by n) filter (where n <= ${named}) as ids
      from numbered group by provider`),
  );
}

/**
 * By provider: live connections outside of the selection that hang on the same accounts as those within, where revoking
 * ends all of an account (also those of the operator's other entries for that provider) or all of the account's with this
 * provider. Counted all, named up to twenty.
 */
export async function listBlastRadius(ctx: Context, id: string): Promise<Map<string, BulkBlastRadiusView>> {
  const { db } = ctx.database;
  const records = ctx.providers.list().filter(({ revoke }) => revoke.blast_radius !== 'token');
  const told = records.filter(({ revoke }) => revoke.style !== 'none').map((record) => record.id);
  if (told.length === 0) return new Map();
  const wide = records.filter(({ revoke }) => revoke.blast_radius === 'account').map((record) => record.id);
  const found = await find(db, id, told, wide);
  const shown = found.flatMap((one) => one.ids);
  if (shown.length === 0) return new Map();
  const owners = [...new Set(shown.map((one) => personOfConnection(one) ?? ''))];
  const rows = await db
    .select({
      id: connections.id,
      label: sql<string>`coalesce(${connections.label}, ${connections.subject})`,
      person: { id: people.id, name: shownName(people) },
    })
    .from(connections)
    .innerJoin(people, eq(people.id, connections.personId))
    .where(and(inArray(connections.personId, owners), inArray(connections.id, shown)));
  return new Map(
    found.map(({ provider, count, ids: own }) => [
      provider,
      { count, connections: rows.filter((row) => own.includes(row.id)) },
    ]),
  );
}
