import { and, eq, ne } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import type { RefusedGrant } from '#lib/db/schema/revocations';
import type { RevokeRule } from '#lib/oauth/types';

/** `hold`: keep the tokens for an administrator's decision. `drop`: leave the grant alone and keep nothing. */
export type Fate = 'revoke' | 'hold' | 'drop';

/**
 * Decides on a refused grant. Tokens of sign-ins have identity scopes only; where revoking them ends more than
 * themselves, it would end the person's connections.
 * @param others true where a live connection may end with it
 */
export function decideRefused(
  { intent, ended = false }: Pick<RefusedGrant, 'intent' | 'ended'>,
  radius: RevokeRule['blast_radius'],
  others: boolean,
): Fate {
  // A refreshed token is of its connection's own grant: while that lives by it, its radius includes the connection.
  if (radius === 'token' && (intent !== 'refresh' || ended)) return 'revoke';
  if (intent === 'sign_in' || intent === 'step_up') return 'drop';
  return others ? 'hold' : 'revoke';
}

/** Decides by what the database says now of live connections: to the same account, or to any where that is unknown. */
export async function fateOfRefused(db: Db, ctx: Context, provider: string, refused: RefusedGrant): Promise<Fate> {
  const { issuer, subject, evenOthers } = refused;
  if (evenOthers) return 'revoke';
  const [live] = await db
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        eq(connections.issuer, issuer),
        subject === null ? undefined : eq(connections.subject, subject),
        ne(connections.status, 'revoked'),
      ),
    )
    .limit(1);
  const radius = ctx.providers.get(provider)?.revoke.blast_radius ?? 'account';
  return decideRefused(refused, radius, live !== undefined);
}
