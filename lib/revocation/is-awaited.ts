import { setImmediate as turnOver } from 'node:timers/promises';
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { isAppError } from '#lib/errors';
import { openHeld } from '#lib/revocation/held-grant';
import { fingerprintsOf, type HeldAsked } from '#lib/revocation/is-held';
import type { RefusedAnswer } from '#lib/revocation/plan-refused';

/** Rows that are opened at a time. */
const page = 100;

/** The answers that a session holds; none where they cannot be opened, and so never completed. */
function answersIn(ctx: Context, id: string, sealed: string): RefusedAnswer[] {
  try {
    return openHeld(ctx, id, sealed).ending;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return [];
  }
}

/**
 * Whether a grant that waits for its application would end with these tokens: it has one of them, or is of the same account
 * at a server that ends more than a token. It waits for ten minutes at most, so ask again then.
 */
export async function isAwaited(ctx: Context, { provider, fingerprints, account }: HeldAsked): Promise<boolean> {
  const radius = ctx.providers.get(provider)?.revoke.blast_radius ?? 'account';
  const sameAccount = ({ issuer, subject }: RefusedAnswer) =>
    radius !== 'token' && subject !== null && subject === account.subject && issuer === account.issuer;
  const sameToken = ({ received: { accessToken, refreshToken } }: RefusedAnswer) =>
    fingerprintsOf({ accessToken, refreshToken }).some((one) => fingerprints.includes(one));
  for (let after = ''; ; ) {
    const rows = await ctx.database.db
      .select({ id: connectSessions.id, held: connectSessions.heldGrant })
      .from(connectSessions)
      .where(and(eq(connectSessions.status, 'received'), gt(connectSessions.id, after)))
      .orderBy(asc(connectSessions.id))
      .limit(page);
    const answers = rows.flatMap(({ id, held }) => (held === null ? [] : answersIn(ctx, id, held)));
    if (answers.some((answer) => sameAccount(answer) || sameToken(answer))) return true;
    const last = rows.at(-1);
    if (!last || rows.length < page) return false;
    after = last.id;
    await turnOver();
  }
}
