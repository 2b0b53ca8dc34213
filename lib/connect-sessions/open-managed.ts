import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { connectSessionSeconds } from '#lib/connect-sessions/link';
import { openConnectSession } from '#lib/connect-sessions/open';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { AppError } from '#lib/errors';
import { hashSecret, newSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';

/** A page of connections that was opened, and the secret that only this browser gets. */
export interface OpenedPage {
  id: string;
  secret: string;
}

/**
 * Opens the page of somebody's connections by its link, once: a new secret takes the place of the link's, so that the link
 * is of no use to anybody from here on. The page lives for ten minutes more.
 * @throws AppError `connect_session_over`, also for a link that connects an account
 */
export async function openManaged(ctx: Context, token: string): Promise<OpenedPage> {
  if (!/^[\w-]{43}$/.test(token)) throw new AppError('connect_session_over');
  const secret = newSecret();
  const id = await withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .update(connectSessions)
      .set({
        tokenHash: hashSecret(secret),
        openedAt: sql`now()`,
        expiresAt: sql`now() + make_interval(secs => ${connectSessionSeconds}::float8)`,
      })
      .where(
        and(
          ...[eq(connectSessions.tokenHash, hashSecret(token)), eq(connectSessions.manage, true)],
          ...[eq(connectSessions.status, 'open'), isNull(connectSessions.openedAt)],
          gt(connectSessions.expiresAt, sql`now()`),
        ),
      )
      .returning();
    if (!row) throw new AppError('connect_session_over');
    await record(tx, ctx, {
      action: 'connect_session.opened',
      personId: row.personId,
      details: { connect_session: row.id, application: row.applicationId },
    });
    return row.id;
  });
  // Somebody may have been shut out since the link was made.
  await openConnectSession(ctx, secret, { manage: true });
  return { id, secret };
}
