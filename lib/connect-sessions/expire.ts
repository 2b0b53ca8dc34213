import { and, asc, inArray, lt, sql } from 'drizzle-orm';
import { endConnectSession } from '#lib/connect-sessions/end';
import type { Context } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { connectSessions } from '#lib/db/schema/connect-sessions';

/** Sessions that one tick ends at most; the next goes on. */
const mostAtOnce = 500;

/** Ends sessions that were not used or not completed in time, and forgets each a day after its end. */
export async function expireConnectSessions(ctx: Context, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
  const { db } = ctx.database;
  const due = await db
    .select({ id: connectSessions.id })
    .from(connectSessions)
    .where(and(inArray(connectSessions.status, ['open', 'received']), lt(connectSessions.expiresAt, sql`now()`)))
    .orderBy(asc(connectSessions.expiresAt))
    .limit(mostAtOnce);
  for (const { id } of due) {
    if (signal?.aborted) return;
    try {
      await endConnectSession(ctx, id, { status: 'expired', error: null });
    } catch (err) {
      // One that cannot be opened, as after a lost key, must not keep the others from ending.
      ctx.log.error({ event: 'connect_session_not_ended', connect_session: id, err });
    }
  }
  await deleteInPages(db, connectSessions, lt(connectSessions.endedAt, sql`now() - interval '1 day'`));
}
