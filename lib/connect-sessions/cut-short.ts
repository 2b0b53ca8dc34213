import { and, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { isAppError } from '#lib/errors';
import { openHeld } from '#lib/revocation/held-grant';

/** Which grants: each given one must hold. */
export interface WaitingGrants {
  personId?: string | undefined;
  provider?: string | undefined;
  /** Granted, or asked for where the provider does not say what it granted. */
  scope?: string | undefined;
}

interface Scoped {
  scopesGranted: string[] | null;
  scopesRequested: string[];
}

const waiting = ({ personId, provider }: WaitingGrants): SQL | undefined =>
  and(
    eq(connectSessions.status, 'received'),
    gt(connectSessions.expiresAt, sql`now()`),
    personId === undefined ? undefined : eq(connectSessions.personId, personId),
    provider === undefined ? undefined : eq(connectSessions.provider, provider),
  );

/** Scopes are within the sealed grant. One that does not open counts: it cannot be completed anyway. */
function hasScope(ctx: Context, id: string, heldGrant: string | null, scope: string): boolean {
  try {
    const { scopesGranted, scopesRequested } = openHeld<Scoped>(ctx, id, heldGrant ?? '').grant;
    return (scopesGranted ?? scopesRequested).includes(scope);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return true;
  }
}

/** The sessions with a grant that waits for its application and fits, by their ids. */
export async function waitingGrants(ctx: Context, db: Db, which: WaitingGrants): Promise<string[]> {
  const { scope } = which;
  const rows = await db
    .select({ id: connectSessions.id, heldGrant: connectSessions.heldGrant })
    .from(connectSessions)
    .where(waiting(which));
  return rows
    .filter(({ id, heldGrant }) => scope === undefined || hasScope(ctx, id, heldGrant, scope))
    .map(({ id }) => id);
}

/**
 * Ends the wait of grants for their application: from the end of the caller's transaction on none is completed.
 * `expireConnectSessions` revokes them. Answers how many.
 */
export async function cutShort(ctx: Context, tx: Db, which: WaitingGrants): Promise<number> {
  const ids = await waitingGrants(ctx, tx, which);
  if (ids.length === 0) return 0;
  const rows = await tx
    .update(connectSessions)
    // Long ago also for a completion that began before and waits for this transaction.
    .set({ expiresAt: sql`now() - interval '1 hour'` })
    .where(and(inArray(connectSessions.id, ids), eq(connectSessions.status, 'received')))
    .returning({ id: connectSessions.id });
  return rows.length;
}
