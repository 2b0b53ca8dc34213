import { and, asc, eq, gt, inArray, isNotNull, lt, or, sql } from 'drizzle-orm';
import { endConnectSession } from '#lib/connect-sessions/end';
import type { Context } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { people } from '#lib/db/schema/people';

/** Sessions that are looked up at a time. */
const page = 500;

/** Sessions that are to end, by their ids: late ones, and those of an application or a person that was shut out. */
function dueAfter({ database: { db } }: Context, after: string) {
  const isLate = lt(connectSessions.expiresAt, sql`now()`);
  const isShutOut = or(isNotNull(applications.disabledAt), isNotNull(people.disabledAt), isNotNull(people.deletedAt));
  return db
    .select({ id: connectSessions.id, late: sql<boolean>`${isLate}` })
    .from(connectSessions)
    .innerJoin(applications, eq(applications.id, connectSessions.applicationId))
    .innerJoin(people, eq(people.id, connectSessions.personId))
    .where(
      and(inArray(connectSessions.status, ['open', 'received']), or(isLate, isShutOut), gt(connectSessions.id, after)),
    )
    .orderBy(asc(connectSessions.id))
    .limit(page);
}

/**
 * Ends sessions that were not used or not completed in time, and those of an application or a person that was shut out.
 * Forgets each a day after its end.
 */
export async function expireConnectSessions(ctx: Context, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const due = await dueAfter(ctx, after);
    for (const { id, late } of due) {
      if (signal?.aborted) return;
      try {
        await endConnectSession(ctx, id, { status: late ? 'expired' : 'cancelled', error: null });
      } catch (err) {
        // One that cannot be opened, as after a lost key, must not keep the others from ending.
        ctx.log.error({ event: 'connect_session_not_ended', connect_session: id, err });
      }
    }
    after = due.length < page ? undefined : due.at(-1)?.id;
  }
  await deleteInPages(ctx.database.db, connectSessions, lt(connectSessions.endedAt, sql`now() - interval '1 day'`));
}
