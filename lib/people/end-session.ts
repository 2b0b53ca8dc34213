import { and, eq, isNull, sql } from 'drizzle-orm';
import { requirePerson } from '#lib/access/require';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';

/**
 * Ends one session: one's own, or anyone's for an administrator. Ending an ended one changes nothing.
 * @throws AppError `unauthenticated`, `not_found` where it is not the caller's
 */
export async function endSession(ctx: Context, input: { publicId: string }): Promise<void> {
  requirePerson(ctx);
  const own = ctx.actor.role === 'administrator' ? undefined : eq(sessions.personId, ctx.actor.personId);
  await withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .select({ personId: sessions.personId })
      .from(sessions)
      .where(and(eq(sessions.publicId, input.publicId), own));
    if (!row) throw new AppError('not_found');
    await endSessionRow(tx, ctx, { personId: row.personId, sessionId: input.publicId });
  });
}

/** Ends one session in the caller's transaction, and says so in the ledger; an ended one stays as it is. */
export async function endSessionRow(
  tx: Db,
  ctx: Context,
  { personId, sessionId }: { personId: string; sessionId: string },
): Promise<void> {
  const ended = await tx
    .update(sessions)
    .set({ endedAt: sql`now()` })
    .where(and(eq(sessions.publicId, sessionId), isNull(sessions.endedAt)))
    .returning({ id: sessions.publicId });
  if (ended.length > 0) await record(tx, ctx, { action: 'session.ended', personId, details: { session: sessionId } });
}

/** Ends every session of a person, in the caller's transaction; answers how many. */
export async function endSessionsOf(tx: Db, personId: string): Promise<number> {
  const ended = await tx
    .update(sessions)
    .set({ endedAt: sql`now()` })
    .where(and(eq(sessions.personId, personId), isNull(sessions.endedAt)))
    .returning({ id: sessions.publicId });
  return ended.length;
}

/** Ends all of the caller's sessions, this one included. @throws AppError `unauthenticated` */
export async function endAllSessions(ctx: Context): Promise<void> {
  requirePerson(ctx);
  const { personId } = ctx.actor;
  await withTransaction(ctx.database.db, async (tx) => {
    const count = await endSessionsOf(tx, personId);
    if (count > 0)
      await record(tx, ctx, { action: 'session.ended', personId, details: { all: true, sessions: count } });
  });
}
