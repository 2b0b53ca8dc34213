import { and, eq, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm';
import {
  openAt,
  revokedTokenPlaces,
  sealAt,
  sealedColumns,
  sealedPlaces,
  type TokenPlaces,
} from '#lib/connections/tokens-at-rest';
import type { Context, Runtime } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { processes } from '#lib/db/schema/processes';
import { revocations } from '#lib/db/schema/revocations';
import { vaultKeys } from '#lib/db/schema/vault-keys';
import { isUnbound } from '#lib/db/sealed-by';
import { isAppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import { atKey } from '#lib/revocation/claim-revocations';

const batch = 200;

const oldConnections = or(isUnbound(connections.accessToken), isUnbound(connections.refreshToken));
const oldRevocations = or(isUnbound(revocations.accessToken), isUnbound(revocations.refreshToken));

/**
 * Rows with tokens that are not bound yet to where they may go. An index holds the rows of connections, and is empty
 * after.
 */
export async function countUnbound(db: Db): Promise<number> {
  const [row] = rowsOf<{ rows: number }>(
    await db.execute(sql`select ((select count(*) from ${connections} where ${oldConnections})
      + (select count(*) from ${revocations} where ${oldRevocations}))::int as rows`),
  );
  return row?.rows ?? 0;
}

/** Refuses old values in this process where they are over. Asked for with each sign of life, since any process may find it. */
export async function learnUnboundOver({ database, vault }: Runtime): Promise<void> {
  const [over] = await database.db
    .select({ kid: vaultKeys.kid })
    .from(vaultKeys)
    .where(isNotNull(vaultKeys.unboundOverAt))
    .limit(1);
  if (over) vault.refuseUnbound();
}

/** True while a process of another build runs, which would not understand the new form. */
async function othersRun({ database, processId }: Runtime): Promise<boolean> {
  const [row] = await database.db
    .select({ other: sql<boolean>`count(distinct ${processes.version}) > 1` })
    .from(processes)
    .where(sql`${processes.lastSeenAt} > now() - interval '50 seconds' or ${processes.id} = ${processId}`);
  return row?.other ?? false;
}

/** The row's tokens under the places of today; undefined where they do not open, which the count goes on to show. */
async function sealAnew(ctx: Context, id: string, row: GrantTokens, places: TokenPlaces) {
  try {
    return await sealAt(ctx, places, openAt(ctx, places, row));
  } catch (error) {
    if (!isAppError(error)) throw error;
    ctx.log.warn({ event: 'reseal_skipped', connection: id, error_code: error.code });
    return undefined;
  }
}

/** True while a row has the very values that were read: a refresh under way stores over it as ever. */
const isAsRead = (table: typeof connections | typeof revocations, { accessToken, refreshToken }: GrantTokens) =>
  sql`(${table.accessToken} is not distinct from ${accessToken} and ${table.refreshToken} is not distinct from ${refreshToken})`;

async function resealConnections(ctx: Context, after: SQL) {
  const { db } = ctx.database;
  const rows = await db
    .select({ personId: connections.personId, ...sealedColumns })
    .from(connections)
    .where(and(oldConnections, after))
    .orderBy(connections.personId, connections.id)
    .limit(batch);
  for (const row of rows) {
    const sealed = await sealAnew(ctx, row.id, row, sealedPlaces(row));
    if (!sealed) continue;
    await db
      .update(connections)
      .set(sealed)
      .where(
        and(
          eq(connections.personId, row.personId),
          eq(connections.id, row.id),
          eq(connections.generation, row.generation),
          isAsRead(connections, row),
        ),
      );
  }
  return rows.at(-1);
}

/** Few rows: a replaced grant's, until it is over. */
async function resealRevocations(ctx: Context): Promise<void> {
  const { db } = ctx.database;
  const rows = await db
    .select({
      personId: revocations.personId,
      connectionId: revocations.connectionId,
      replacedGeneration: revocations.replacedGeneration,
      provider: revocations.provider,
      issuer: connections.issuer,
      accountParams: sql<Record<string, string>>`coalesce(${revocations.accountParams}, ${connections.accountParams})`,
      accessToken: revocations.accessToken,
      refreshToken: revocations.refreshToken,
    })
    .from(revocations)
    .innerJoin(
      connections,
      and(eq(connections.personId, revocations.personId), eq(connections.id, revocations.connectionId)),
    )
    .where(oldRevocations)
    .limit(10 * batch);
  for (const row of rows) {
    const places = revokedTokenPlaces(row, { ...row, generation: row.replacedGeneration });
    const sealed = await sealAnew(ctx, row.connectionId, row, places);
    if (!sealed) continue;
    await db
      .update(revocations)
      .set(sealed)
      .where(and(atKey(row), isAsRead(revocations, row)));
  }
}

/** Notes that no old value is left; from then on one that turns up was put there. */
async function endUnbound(ctx: Context): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const ended = await tx
      .update(vaultKeys)
      .set({ unboundOverAt: sql`now()` })
      .where(isNull(vaultKeys.unboundOverAt))
      .returning({ kid: vaultKeys.kid });
    if (ended.length > 0) await record(tx, ctx, { action: 'vault.resealed', details: {} });
  });
  ctx.vault.refuseUnbound();
}

/**
 * Seals values anew that earlier builds stored without a digest of where they may go, and then refuses that form.
 * Begins once no process of another build runs. A value that does not open is left, and goes on being counted.
 */
export async function resealTokens(
  ctx: Context,
  { signal, seconds }: { signal?: AbortSignal | undefined; seconds: number },
): Promise<void> {
  const [over] = await ctx.database.db
    .select({ kid: vaultKeys.kid })
    .from(vaultKeys)
    .where(isNotNull(vaultKeys.unboundOverAt))
    .limit(1);
  if (over || (await othersRun(ctx))) return;
  const until = performance.now() + seconds * 1000;
  await resealRevocations(ctx);
  let after = sql`true`;
  while (performance.now() < until && !signal?.aborted) {
    const last = await resealConnections(ctx, after);
    if (!last) {
      if ((await countUnbound(ctx.database.db)) === 0) await endUnbound(ctx);
      return;
    }
    after = sql`(${connections.personId}, ${connections.id}) > (${last.personId}, ${last.id})`;
  }
}
