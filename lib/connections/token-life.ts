import type { Context } from '#lib/context';
import { readClock } from '#lib/db/clock';
import { introspectToken } from '#lib/oauth/introspect-token';
import { longestLife } from '#lib/oauth/token-lifetime';
import type { PinnedEndpoints, TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';
import { type Moment, msSince } from '#lib/running-time';

/** How long a token lives, and from when on. */
export interface TokenLife {
  /** Null: nothing is known of its end. */
  seconds: number | null;
  /** `performance.now()` of a moment at which it lived so long at least. */
  from: number;
}

/** The rest of a life that was read at a moment, in seconds, without the time that passed since. Null stays null. */
export function lifeLeft(seconds: number | null, since: Moment): number | null {
  return seconds === null ? null : Math.max(0, seconds - msSince(since) / 1000);
}

/**
 * A life of 0 means that tokens do not end, as several servers mean it, if no token of the connection ever had a life.
 * If one had, 0 is the rest of a token that the server handed out before.
 */
export const saidLife = (seconds: number | null, knownLife: number | null): number | null =>
  seconds === 0 && knownLife === null ? null : seconds;

/** The assumed life of a token without a stated one, in seconds: the last one's, else the record's default. */
export const lastLife = (knownLife: number | null, provider: Pick<ProviderRecord, 'expires_default'>): number | null =>
  knownLife || provider.expires_default;

/**
 * How long a fresh access token lives: as the answer says, else by introspection where the record names that (RFC 7662
 * `exp`, counted from the date of that answer), else as long as the connection's last one, else the record's default. A
 * failing probe is no failure of the flow: the default serves until the token is refused.
 * @param of.askedAt `performance.now()` when the token was asked for
 * @param of.knownLife seconds that the connection's last token lived; null or absent where nothing is known of it
 */
export async function tokenLife(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  of: { tokens: Pick<TokenSet, 'access_token' | 'expires_in'>; askedAt: number; knownLife?: number | null },
): Promise<TokenLife> {
  const { tokens, askedAt, knownLife = null } = of;
  const said = saidLife(tokens.expires_in, knownLife);
  if (said !== null) return { seconds: said, from: askedAt };
  if (provider.expiry_probe === 'introspect') {
    try {
      const from = performance.now();
      const { active, exp, answeredAt } = await introspectToken(provider, pinned, { token: tokens.access_token }, ctx);
      if (active && exp !== null) {
        // Dates are cut to the second, so the moment may be a second later than it says.
        const now = answeredAt === null ? (await readClock(ctx.database.db)).database : answeredAt + 1;
        return { seconds: Math.min(Math.max(0, exp - now), longestLife), from };
      }
    } catch (error) {
      ctx.log.warn({ event: 'expiry_probe_failed', provider: provider.id, err: error });
    }
  }
  return { seconds: lastLife(knownLife, provider), from: askedAt };
}
