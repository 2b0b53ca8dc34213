import { and, eq, isNull, sql } from 'drizzle-orm';
import { connectSessionSeconds } from '#lib/connect-sessions/link';
import { assertPersonLives } from '#lib/connect-sessions/person-lives';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { mostSealedBytes } from '#lib/db/schema/flows';
import { AppError } from '#lib/errors';
import { hashSecret, newSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { type HeldGrant, sealHeld } from '#lib/revocation/held-grant';
import { assertNotRefused } from '#lib/revocation/plan-refused';

/** The grant that a provider answered to a session's flow. */
export interface ReceivedGrant<G> extends HeldGrant<G> {
  id: string;
  personId: string;
  provider: string;
  /** The connection that it is to renew. */
  connectionId: string | null;
  /** Names the answer (`rfg_…`), so that it is held or revoked, and never both. */
  answer: string;
}

/** The application may have been disabled while the person was at the provider. */
async function assertLiveApplication(tx: Db, id: string): Promise<void> {
  const [live] = await tx
    .select({ id: applications.id })
    .from(applications)
    .innerJoin(connectSessions, eq(connectSessions.applicationId, applications.id))
    .where(and(eq(connectSessions.id, id), isNull(applications.disabledAt)))
    .for('share', { of: applications });
  if (!live) throw new AppError('connect_session_over');
}

/**
 * Keeps the grant, sealed, until the application completes the session: nothing of it can be vended before. From here on
 * the session owns it, and revokes it after ten minutes. Answers the code that the browser brings back;
 * null where it does not go back to the application, but to a device's last page.
 * @throws AppError `connect_session_over` where it was used, cancelled or ended meanwhile, or the application was disabled,
 *   `person_disabled`, `not_found` of a person who was deleted, `conflict` where the answer was
 *   refused, `token_answer_invalid` where the answer is too long to be kept
 */
export async function holdGrant<G>(ctx: Context, received: ReceivedGrant<G>): Promise<{ code: string | null }> {
  const { id, personId, provider, connectionId, answer, grant, ending } = received;
  const code = newSecret();
  const heldGrant = await sealHeld(ctx, id, { grant, ending });
  if (heldGrant.length > mostSealedBytes) throw new AppError('token_answer_invalid');
  const device = await withTransaction(ctx.database.db, async (tx) => {
    await assertNotRefused(tx, personId, answer);
    // Shutting one of them out waits for this transaction and then ends the session, or this sees that it happened.
    await assertLiveApplication(tx, id);
    await assertPersonLives(tx, personId);
    const rows = await tx
      .update(connectSessions)
      .set({
        status: 'received',
        heldGrant,
        provider,
        // On the page of somebody's connections they chose it only now.
        connectionId,
        answer,
        codeHash: hashSecret(code),
        expiresAt: sql`now() + make_interval(secs => ${connectSessionSeconds}::float8)`,
      })
      .where(and(eq(connectSessions.id, id), eq(connectSessions.status, 'open')))
      .returning({
        device: sql<boolean>`${connectSessions.userCodeHash} is not null`,
        applicationId: connectSessions.applicationId,
        connectionId: connectSessions.connectionId,
      });
    const [row] = rows;
    if (!row) throw new AppError('connect_session_over');
    await record(tx, ctx, {
      action: 'connect_session.received',
      personId,
      provider,
      connectionId: row.connectionId,
      details: { connect_session: id, application: row.applicationId },
    });
    return row.device;
  });
  return { code: device ? null : code };
}
