import { and, eq, inArray, sql } from 'drizzle-orm';
import { openHeld } from '#lib/connect-sessions/held-grant';
import { type Context, inBackground } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import type { ErrorCode } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { planSealed, type SealedRefused, sealRefused } from '#lib/revocation/plan-refused';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';

/** How a session ends that is not completed. */
export interface SessionEnd {
  status: 'failed' | 'expired' | 'cancelled';
  /** The reason, where there is one beside the status. */
  error: ErrorCode | null;
}

/**
 * Ends a session that is open or waits to be completed. A grant that it holds goes to the revocations in the same
 * transaction. False where it was over already.
 * @param from `['open']` leaves one alone that holds a grant
 */
export async function endConnectSession(
  ctx: Context,
  id: string,
  { status, error }: SessionEnd,
  from: readonly ('open' | 'received')[] = ['open', 'received'],
): Promise<boolean> {
  const ended = await withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .select()
      .from(connectSessions)
      .where(and(eq(connectSessions.id, id), inArray(connectSessions.status, [...from])))
      .for('update');
    if (!row) return null;
    const revoked: SealedRefused['key'][] = [];
    for (const answer of row.heldGrant === null ? [] : openHeld(ctx, id, row.heldGrant).ending) {
      const sealed = await sealRefused(ctx, { ...answer, code: error ?? `connect_session_${status}` });
      if ((await planSealed(tx, ctx, sealed)) === 'revoke') revoked.push(sealed.key);
    }
    await tx
      .update(connectSessions)
      .set({ status, error, heldGrant: null, endedAt: sql`now()` })
      .where(eq(connectSessions.id, id));
    await record(tx, ctx, {
      action: 'connect_session.ended',
      outcome: status === 'failed' ? 'refused' : 'ok',
      code: error,
      personId: row.personId,
      provider: row.provider,
      connectionId: row.connectionId,
      details: { connect_session: id, application: row.applicationId, status, held_grant: row.heldGrant !== null },
    });
    return revoked;
  });
  // Only once they are written down.
  for (const key of ended ?? []) inBackground(ctx, 'revoke an uncompleted grant', workOneRevocation(ctx, key));
  return ended !== null;
}

/**
 * Ends an open session after a refused flow: a link is of one use. Never throws, as the refusal has its own answer. An open
 * session expires in the end.
 */
export async function failConnectSession(ctx: Context, id: string, error: ErrorCode): Promise<void> {
  try {
    await endConnectSession(ctx, id, { status: 'failed', error }, ['open']);
  } catch (err) {
    ctx.log.warn({ event: 'connect_session_not_ended', connect_session: id, err });
  }
}
