import { and, eq, inArray, sql } from 'drizzle-orm';
import { type Context, inBackground } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { type ErrorCode, isAppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { openHeld } from '#lib/revocation/held-grant';
import { planSealed, type SealedRefused, sealRefused } from '#lib/revocation/plan-refused';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';

/** How a session ends that is not completed. */
export interface SessionEnd {
  status: 'failed' | 'expired' | 'cancelled';
  /** The reason, where there is one beside the status. */
  error: ErrorCode | null;
}

type From = readonly ('open' | 'received')[];

/** In the caller's transaction; answers the revocations of what it held, or null where it was over already. */
async function endIn(
  tx: Db,
  ctx: Context,
  id: string,
  { status, error }: SessionEnd,
  from: From,
): Promise<SealedRefused['key'][] | null> {
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
}

/**
 * Ends a session that is open or waits to be completed. A grant that it holds goes to the revocations in the same
 * transaction. False where it was over already.
 * @param from `['open']` leaves one alone that holds a grant
 */
export async function endConnectSession(
  ctx: Context,
  id: string,
  end: SessionEnd,
  from: From = ['open', 'received'],
): Promise<boolean> {
  const ended = await withTransaction(ctx.database.db, (tx) => endIn(tx, ctx, id, end, from));
  // Only once they are written down.
  for (const key of ended ?? []) inBackground(ctx, 'revoke an uncompleted grant', workOneRevocation(ctx, key));
  return ended !== null;
}

/**
 * Ends, in the transaction that shuts a person out, each session that holds a grant of theirs; the next tick tells the
 * providers. One that cannot be opened, as after a lost key, is left to `expireConnectSessions`: the person is shut out all
 * the same.
 * @param most how many at a time; the tick ends the others
 */
export async function endReceivedOf(tx: Db, ctx: Context, personId: string, most: number): Promise<void> {
  const held = await tx
    .select({ id: connectSessions.id })
    .from(connectSessions)
    .where(and(eq(connectSessions.personId, personId), eq(connectSessions.status, 'received')))
    .orderBy(connectSessions.id)
    .limit(most);
  for (const { id } of held) {
    try {
      await endIn(tx, ctx, id, { status: 'failed', error: 'person_disabled' }, ['received']);
    } catch (error) {
      if (!isAppError(error)) throw error;
      ctx.log.error({ event: 'connect_session_not_ended', connect_session: id, err: error });
    }
  }
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
