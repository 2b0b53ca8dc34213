import { setImmediate } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { openAt, sealAt, sealedColumns, sealedPlaces, type TokenPlaces } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { isCurrent } from '#lib/db/sealed-by';
import { isAppError } from '#lib/errors';
import type { GrantTokens } from '#lib/oauth/revoke-token';

/** Rows of one look, and of one statement: few milliseconds of this process's time. */
const batch = 100;
/** Rows after which other work of this process has its turn. */
const turnRows = 10;

/** Rows that were sealed anew, and rows that did not open. */
export interface Resealed {
  resealed: number;
  skipped: number;
}

/** The row's tokens under the places of today; undefined where they do not open, which the count goes on to show. */
export async function sealAnew(ctx: Context, id: string, row: GrantTokens, places: TokenPlaces) {
  try {
    return await sealAt(ctx, places, openAt(ctx, places, row));
  } catch (error) {
    if (!isAppError(error)) throw error;
    ctx.log.warn({ event: 'reseal_skipped', connection: id, error_code: error.code });
    return undefined;
  }
}

/** True of a row with a value that is not in today's form under that key. */
export const isBehind = (table: { accessToken: SQLColumn; refreshToken: SQLColumn }, kid: string): SQL =>
  sql`(not coalesce(${isCurrent(table.accessToken, kid)}, true) or not coalesce(${isCurrent(table.refreshToken, kid)}, true))`;
type SQLColumn = Parameters<typeof isCurrent>[0];

/** Stores values only over the very ones that were read. Rows that another statement is changing are left to it. */
async function storeOver(ctx: Context, rows: readonly Record<string, unknown>[]): Promise<number> {
  if (rows.length === 0) return 0;
  // `skip locked`: a statement that waits for one row while it holds others could wait for a round of refreshes, which
  // waits for it.
  const stored = await ctx.database.db.execute(sql`
    with anew as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as one("personId" text, id text,
        generation integer, "oldAccess" text, "oldRefresh" text, "accessToken" text, "refreshToken" text)
    ), as_read as (
      select c.person_id, c.id from ${connections} c join anew on c.person_id = anew."personId" and c.id = anew.id
      where c.generation = anew.generation and c.access_token is not distinct from anew."oldAccess"
        and c.refresh_token is not distinct from anew."oldRefresh"
      for update of c skip locked
    )
    update ${connections} c set access_token = anew."accessToken", refresh_token = anew."refreshToken"
    from anew join as_read on as_read.person_id = anew."personId" and as_read.id = anew.id
    where c.person_id = as_read.person_id and c.id = as_read.id
    returning 1 as stored`);
  return rowsOf(stored).length;
}

/**
 * Looks at the connections after the last page, in the order of the primary key, and seals anew the rows that are behind.
 * @returns the last row of the page; undefined after the end
 */
export async function resealConnectionPage(
  ctx: Context,
  kid: string,
  { afterPersonId, afterId }: { afterPersonId: string | null; afterId: string | null },
): Promise<Resealed & { last: { personId: string; id: string } | undefined; seen: number }> {
  const behind = isBehind(connections, kid);
  const rows = await ctx.database.db
    .select({
      ...sealedColumns,
      personId: connections.personId,
      behind: sql<boolean>`${behind}`,
      // Most rows of a walk that goes over them again are not behind: their values stay in the database.
      accessToken: sql<string | null>`case when ${behind} then ${connections.accessToken} end`,
      refreshToken: sql<string | null>`case when ${behind} then ${connections.refreshToken} end`,
    })
    .from(connections)
    .where(
      afterPersonId === null
        ? undefined
        : sql`(${connections.personId}, ${connections.id}) > (${afterPersonId}, ${afterId})`,
    )
    .orderBy(connections.personId, connections.id)
    .limit(batch);
  let skipped = 0;
  const anew: Record<string, unknown>[] = [];
  for (const [n, row] of rows.filter((one) => one.behind).entries()) {
    if (n % turnRows === turnRows - 1) await setImmediate();
    const sealed = await sealAnew(ctx, row.id, row, sealedPlaces(row));
    if (!sealed) skipped++;
    const { personId, id, generation, accessToken: oldAccess, refreshToken: oldRefresh } = row;
    if (sealed) anew.push({ personId, id, generation, oldAccess, oldRefresh, ...sealed });
  }
  const last = rows.at(-1);
  return {
    seen: rows.length,
    resealed: await storeOver(ctx, anew),
    skipped,
    last: last && { personId: last.personId, id: last.id },
  };
}
