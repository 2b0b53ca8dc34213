import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { introspectToken } from '#lib/oauth/introspect-token';
import { longestLife } from '#lib/oauth/token-lifetime';
import type { PinnedEndpoints, TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** How long a token lives, and from when on. */
export interface TokenLife {
  /** Null: nothing is known of its end. */
  seconds: number | null;
  /** `performance.now()` of a moment at which it lived so long at least. */
  from: number;
}

/** What is left of a life, in seconds: what passed since it was learnt is over. */
export function lifeLeft({ seconds, from }: TokenLife): number | null {
  return seconds === null ? null : Math.max(0, seconds - (performance.now() - from) / 1000);
}

/** Seconds since 1970 by the database's clock, which decides about every end; this process's may be wrong. */
async function databaseClock(ctx: Context): Promise<number> {
  const found = await ctx.database.db.execute(sql`select extract(epoch from clock_timestamp())::float8 as now`);
  return rowsOf<{ now: number }>(found)[0]?.now ?? Number.NaN;
}

/**
 * How long a fresh access token lives: as the answer says, else by introspection where the record names that (RFC 7662
 * `exp`, counted from the date of that answer), else the record's default. A failing probe is no failure of the flow:
 * the default serves until the token is refused.
 * @param askedAt `performance.now()` when the token was asked for
 */
export async function tokenLife(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  { tokens, askedAt }: { tokens: TokenSet; askedAt: number },
): Promise<TokenLife> {
  if (tokens.expires_in !== null) return { seconds: tokens.expires_in, from: askedAt };
  if (provider.expiry_probe === 'introspect') {
    try {
      const from = performance.now();
      const { active, exp, answeredAt } = await introspectToken(provider, pinned, { token: tokens.access_token }, ctx);
      if (active && exp !== null) {
        // Dates are cut to the second, so the moment may be a second later than it says.
        const now = answeredAt === null ? await databaseClock(ctx) : answeredAt + 1;
        return { seconds: Math.min(Math.max(0, exp - now), longestLife), from };
      }
    } catch (error) {
      ctx.log.warn({ event: 'expiry_probe_failed', provider: provider.id, err: error });
    }
  }
  return { seconds: provider.expires_default, from: askedAt };
}
