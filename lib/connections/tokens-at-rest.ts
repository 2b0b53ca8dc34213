import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import type { TokenSet } from '#lib/oauth/types';
import { digestOf, type Place } from '#lib/vault/vault';

/** The parts of a connection's row that say where its tokens may go, and which of them are the newest. */
export interface SealedRow {
  id: string;
  provider: string;
  issuer: string;
  accountParams: Readonly<Record<string, string>>;
  /** The one that the row has while the sealed values stand in it. */
  generation: number;
}

/** The same whatever order the parts are in, since JSON objects come back from the database in another. */
function boundTo({ provider, issuer, accountParams, generation }: Omit<SealedRow, 'id'>): string {
  const names = Object.keys(accountParams).sort();
  return digestOf([provider, issuer, generation, ...names.flatMap((name) => [name, accountParams[name] ?? ''])]);
}

/** Where a connection's access token lives. */
export const accessTokenPlace = (row: SealedRow): Place => ({
  row: row.id,
  column: 'connections.access_token',
  bound: boundTo(row),
});
/** Where a connection's refresh token lives. */
export const refreshTokenPlace = (row: SealedRow): Place => ({
  row: row.id,
  column: 'connections.refresh_token',
  bound: boundTo(row),
});

/** Where the tokens of a grant live. */
export type TokenPlaces = Record<'accessToken' | 'refreshToken', Place>;

/** Where both live. */
export const sealedPlaces = (row: SealedRow): TokenPlaces => ({
  accessToken: accessTokenPlace(row),
  refreshToken: refreshTokenPlace(row),
});

/**
 * Where the tokens live that a revocation needs: a replaced grant's stand in the revocation's own row.
 * @param of the connection; of a replaced grant, its provider, issuer and account's parts. The key has its generation.
 */
export function revokedTokenPlaces(
  key: { connectionId: string; replacedGeneration: number },
  of: Omit<SealedRow, 'id'>,
): TokenPlaces {
  const { connectionId, replacedGeneration } = key;
  if (replacedGeneration === 0) {
    return sealedPlaces({ ...of, id: connectionId });
  }
  const row = `${connectionId}/${replacedGeneration}`;
  const bound = boundTo({ ...of, generation: replacedGeneration });
  return {
    accessToken: { row, column: 'revocations.access_token', bound },
    refreshToken: { row, column: 'revocations.refresh_token', bound },
  };
}

/** The words of a revocation's own row on where its tokens may go. */
interface RevocationRow {
  connectionId: string;
  replacedGeneration: number;
  provider: string;
  accountParams: Readonly<Record<string, string>> | null;
  /** Of a refused grant, which has no connection. */
  refused: { issuer: string } | null;
}

/**
 * The same for a revocation that is worked on.
 * @param connection its connection; undefined of a refused grant
 * @throws AppError `vault_wrong_place` where a connection is needed and is not there
 */
export function placesOfRevocation(key: RevocationRow, connection: Omit<SealedRow, 'id'> | undefined): TokenPlaces {
  const { provider, accountParams, refused, replacedGeneration } = key;
  if (refused) {
    const { issuer } = refused;
    return revokedTokenPlaces(key, { provider, issuer, accountParams: accountParams ?? {}, generation: 0 });
  }
  if (!connection) throw new AppError('vault_wrong_place');
  if (replacedGeneration === 0) return revokedTokenPlaces(key, connection);
  const parts = accountParams ?? connection.accountParams;
  return revokedTokenPlaces(key, { ...connection, provider, accountParams: parts });
}

/** The columns that opening a connection's tokens needs. */
export const sealedColumns = {
  id: connections.id,
  provider: connections.provider,
  issuer: connections.issuer,
  accountParams: connections.accountParams,
  generation: connections.generation,
  accessToken: connections.accessToken,
  refreshToken: connections.refreshToken,
};

/** Sealed tokens, opened where they live; null stays null. */
export function openAt(
  { vault }: Pick<Context, 'vault'>,
  places: TokenPlaces,
  { accessToken, refreshToken }: GrantTokens,
): GrantTokens {
  return {
    accessToken: accessToken === null ? null : vault.open(accessToken, places.accessToken),
    refreshToken: refreshToken === null ? null : vault.open(refreshToken, places.refreshToken),
  };
}

/** Tokens, sealed for where they are to live; null stays null. */
export async function sealAt(
  { vault }: Pick<Context, 'vault'>,
  places: TokenPlaces,
  { accessToken, refreshToken }: GrantTokens,
): Promise<GrantTokens> {
  return {
    accessToken: accessToken === null ? null : await vault.seal(accessToken, places.accessToken),
    refreshToken: refreshToken === null ? null : await vault.seal(refreshToken, places.refreshToken),
  };
}

/** The tokens of a row, opened. */
export const openTokens = (ctx: Pick<Context, 'vault'>, row: SealedRow & GrantTokens): GrantTokens =>
  openAt(ctx, sealedPlaces(row), row);

/** A moment `seconds` from now by the database's clock; null stays null. */
export function secondsFromNow(seconds: number | null): SQL | null {
  return seconds === null ? null : sql`clock_timestamp() + make_interval(secs => ${seconds}::float8)`;
}

/**
 * A moment of the database's clock that is not ahead of it. A statement may be executed long after it was sent, so what
 * counts from an earlier moment must name that moment; where the clock was set back since, it counts from now.
 * @param moment seconds since 1970
 */
const notAhead = (moment: number): SQL => sql`least(to_timestamp(${moment}::float8), clock_timestamp())`;

/** A moment `seconds` after an earlier one of the database's clock (seconds since 1970); null stays null. */
export function secondsAfter(moment: number, seconds: number | null): SQL | null {
  return seconds === null ? null : sql`${notAhead(moment)} + make_interval(secs => ${seconds}::float8)`;
}

/**
 * The columns that a token answer fills, sealed for the row as it will be. An answer without a refresh token leaves the
 * end of the old one alone; that token itself is sealed anew, so that both always carry the row's generation and an
 * older value put back does not open.
 * @param given.kept the refresh token that goes on serving where the answer brings none; undefined leaves its column alone
 * @param given.askedAt when the tokens were asked for, in seconds since 1970 by the database's clock: their lives count
 *   from then. Without it they count from when the statement is executed.
 */
export async function sealTokens(
  ctx: Pick<Context, 'vault'>,
  row: SealedRow,
  tokens: Pick<TokenSet, 'access_token' | 'refresh_token' | 'refresh_token_expires_in'>,
  lifeSeconds: number | null,
  { kept, askedAt }: { kept?: string | null | undefined; askedAt?: number | undefined } = {},
) {
  const refreshToken = tokens.refresh_token ?? kept ?? null;
  const end = (seconds: number | null) =>
    askedAt === undefined ? secondsFromNow(seconds) : secondsAfter(askedAt, seconds);
  return {
    accessToken: await ctx.vault.seal(tokens.access_token, accessTokenPlace(row)),
    tokenType: 'Bearer',
    accessTokenIssuedAt: askedAt === undefined ? sql`clock_timestamp()` : notAhead(askedAt),
    accessTokenExpiresAt: end(lifeSeconds),
    ...(refreshToken === null ? {} : { refreshToken: await ctx.vault.seal(refreshToken, refreshTokenPlace(row)) }),
    ...(tokens.refresh_token === null ? {} : { refreshTokenExpiresAt: end(tokens.refresh_token_expires_in) }),
  };
}
