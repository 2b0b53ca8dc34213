import { and, asc, eq, or, type SQL, sql } from 'drizzle-orm';
import { placesOfRevocation } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { isCurrentUnbound } from '#lib/db/sealed-by';
import { isAppError } from '#lib/errors';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import { atKey } from '#lib/revocation/claim-revocations';
import { isBehind, type Resealed, sealAnew } from '#lib/vault-keys/reseal-connections';
import { secretPlace } from '#lib/webhooks/secret';

const page = 500;

/** True while a row has the very values that were read. */
const isAsRead = ({ accessToken, refreshToken }: GrantTokens): SQL =>
  sql`(${revocations.accessToken} is not distinct from ${accessToken}
    and ${revocations.refreshToken} is not distinct from ${refreshToken})`;

const key = sql`(${revocations.personId}, ${revocations.connectionId}, ${revocations.replacedGeneration})`;

/** Few rows: those of replaced and refused grants, until they are over. */
export async function resealRevocations(ctx: Context, kid: string): Promise<Resealed> {
  const { db } = ctx.database;
  const done = { resealed: 0, skipped: 0 };
  for (let after: SQL | undefined; ; ) {
    const rows = await db
      .select({
        personId: revocations.personId,
        connectionId: revocations.connectionId,
        replacedGeneration: revocations.replacedGeneration,
        provider: revocations.provider,
        refused: revocations.refused,
        ownParams: revocations.accountParams,
        accessToken: revocations.accessToken,
        refreshToken: revocations.refreshToken,
        connection: {
          provider: connections.provider,
          issuer: connections.issuer,
          generation: connections.generation,
          accountParams: connections.accountParams,
        },
      })
      .from(revocations)
      .leftJoin(
        connections,
        and(eq(connections.personId, revocations.personId), eq(connections.id, revocations.connectionId)),
      )
      .where(and(isBehind(revocations, kid), after))
      .orderBy(asc(revocations.personId), asc(revocations.connectionId), asc(revocations.replacedGeneration))
      .limit(page);
    for (const row of rows) {
      const sealed = await resealedTokens(ctx, row);
      if (!sealed) done.skipped++;
      else done.resealed += await store(ctx, row, sealed);
    }
    const last = rows.at(-1);
    if (!last || rows.length < page) return done;
    after = sql`${key} > (${last.personId}, ${last.connectionId}, ${last.replacedGeneration}::int)`;
  }
}

type Row = GrantTokens & Parameters<typeof atKey>[0] & { provider: string };

async function store(ctx: Context, row: Row, sealed: GrantTokens): Promise<number> {
  const stored = await ctx.database.db
    .update(revocations)
    .set(sealed)
    .where(and(atKey(row), isAsRead(row)))
    .returning({ id: revocations.connectionId });
  return stored.length;
}

type Held = Row & {
  refused: Parameters<typeof placesOfRevocation>[0]['refused'];
  ownParams: Record<string, string> | null;
  connection: Parameters<typeof placesOfRevocation>[1] | null;
};

async function resealedTokens(ctx: Context, row: Held): Promise<GrantTokens | undefined> {
  const of = { ...row, accountParams: row.ownParams };
  // One without its connection, which no foreign key lets happen, is left.
  if (!row.refused && !row.connection) return undefined;
  return sealAnew(ctx, row.connectionId, row, placesOfRevocation(of, row.connection ?? undefined));
}

/** The endpoints' secrets; a handful of rows. */
export async function resealWebhooks(ctx: Context, kid: string): Promise<Resealed> {
  const { db, done } = { db: ctx.database.db, done: { resealed: 0, skipped: 0 } };
  const { id, secret, previousSecret } = webhookEndpoints;
  const rows = await db
    .select({ id, secret, previousSecret })
    .from(webhookEndpoints)
    .where(
      or(sql`not ${isCurrentUnbound(secret, kid)}`, sql`not coalesce(${isCurrentUnbound(previousSecret, kid)}, true)`),
    );
  for (const row of rows) {
    const place = secretPlace(row.id);
    const anew = (sealed: string) => ctx.vault.seal(ctx.vault.open(sealed, place), place);
    try {
      const values = {
        secret: await anew(row.secret),
        previousSecret: row.previousSecret && (await anew(row.previousSecret)),
      };
      const stored = await db
        .update(webhookEndpoints)
        .set(values)
        .where(
          and(
            eq(id, row.id),
            eq(secret, row.secret),
            sql`${previousSecret} is not distinct from ${row.previousSecret}::text`,
          ),
        )
        .returning({ id });
      done.resealed += stored.length;
    } catch (error) {
      if (!isAppError(error)) throw error;
      ctx.log.warn({ event: 'reseal_skipped', webhook: row.id, error_code: error.code });
      done.skipped++;
    }
  }
  return done;
}
