import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { TokenSet } from '#lib/oauth/types';
import type { Place } from '#lib/vault/vault';

/** Where a connection's access token lives. */
export const accessTokenPlace = (connectionId: string): Place => ({
  row: connectionId,
  column: 'connections.access_token',
});
/** Where a connection's refresh token lives. */
export const refreshTokenPlace = (connectionId: string): Place => ({
  row: connectionId,
  column: 'connections.refresh_token',
});

/** Where the tokens live that a revocation needs: a replaced grant's stand in the revocation's own row. */
export function revokedTokenPlaces(key: { connectionId: string; replacedGeneration: number }): {
  accessToken: Place;
  refreshToken: Place;
} {
  const { connectionId, replacedGeneration } = key;
  if (replacedGeneration === 0) {
    return { accessToken: accessTokenPlace(connectionId), refreshToken: refreshTokenPlace(connectionId) };
  }
  const row = `${connectionId}/${replacedGeneration}`;
  return {
    accessToken: { row, column: 'revocations.access_token' },
    refreshToken: { row, column: 'revocations.refresh_token' },
  };
}

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
 * The columns that a token answer fills, sealed for this connection. A missing refresh token leaves its columns alone.
 * @param askedAt when the tokens were asked for, in seconds since 1970 by the database's clock: their lives count from
 *   then. Without it they count from when the statement is executed.
 */
export async function sealTokens(
  ctx: Pick<Context, 'vault'>,
  connectionId: string,
  tokens: TokenSet,
  lifeSeconds: number | null,
  askedAt?: number,
) {
  const end = (seconds: number | null) =>
    askedAt === undefined ? secondsFromNow(seconds) : secondsAfter(askedAt, seconds);
  const refresh =
    tokens.refresh_token === null
      ? {}
      : {
          refreshToken: await ctx.vault.seal(tokens.refresh_token, refreshTokenPlace(connectionId)),
          refreshTokenExpiresAt: end(tokens.refresh_token_expires_in),
        };
  return {
    accessToken: await ctx.vault.seal(tokens.access_token, accessTokenPlace(connectionId)),
    tokenType: 'Bearer',
    accessTokenIssuedAt: askedAt === undefined ? sql`clock_timestamp()` : notAhead(askedAt),
    accessTokenExpiresAt: end(lifeSeconds),
    ...refresh,
  };
}
