import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { requireAdministrator, requirePerson } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { effectiveRole } from '#lib/sign-in/effective-role';
import { loadTarget } from '#lib/sign-in/load-target';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactOnPeople } from '#lib/sign-in/transact-as';

/**
 * Ends one session: one's own, or anyone's for an administrator. Ending an ended one changes nothing. For another
 * administrator's it needs a sign-in of the last minutes: a stolen session must not sign every administrator out.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `not_found` where it is not the caller's
 */
export async function endSession(ctx: Context, input: { publicId: string }): Promise<void> {
  requirePerson(ctx);
  const { personId, role } = ctx.actor;
  const [row] = await ctx.database.db
    .select({ personId: sessions.personId })
    .from(sessions)
    .where(eq(sessions.publicId, input.publicId));
  const own = row?.personId === personId;
  if (!row || !(own || role === 'administrator')) throw new AppError('not_found');
  const ended = { personId: row.personId, sessionId: input.publicId };
  if (own) return withTransaction(ctx.database.db, (tx) => endSessionRow(tx, ctx, ended));
  await transactOnPeople(ctx, async (tx) => {
    const target = await loadTarget(tx, row.personId);
    if (target.role === 'administrator') await requireStepUp(ctx, tx);
    await endSessionRow(tx, ctx, ended);
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

/** Ends every session of a person, in the caller's transaction, which holds the person's row; answers how many. */
export async function endSessionsOf(tx: Db, personId: string): Promise<number> {
  const ended = await tx
    .update(sessions)
    .set({ endedAt: sql`now()` })
    .where(and(eq(sessions.personId, personId), isNull(sessions.endedAt)))
    .returning({ id: sessions.publicId });
  return ended.length;
}

async function endAllOf(tx: Db, ctx: Context, personId: string): Promise<number> {
  const count = await endSessionsOf(tx, personId);
  if (count > 0) await record(tx, ctx, { action: 'session.ended', personId, details: { all: true, sessions: count } });
  return count;
}

/** Ends all of the caller's sessions, this one included. @throws AppError `unauthenticated` */
export async function endAllSessions(ctx: Context): Promise<void> {
  requirePerson(ctx);
  const { personId } = ctx.actor;
  await withTransaction(ctx.database.db, async (tx) => {
    await loadTarget(tx, personId);
    await endAllOf(tx, ctx, personId);
  });
}

/** People of one transaction. */
const batch = 100;

/**
 * Ends the sessions of one person, for an administrator's with a sign-in of the last minutes; or of everybody, in batches
 * with an entry for each person, which the command line alone does. Answers how many people and sessions.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `not_found`
 */
export async function endSessions(
  ctx: Context,
  input: { personId: string } | 'everybody',
): Promise<{ people: number; sessions: number }> {
  requireAdministrator(ctx);
  if (input !== 'everybody') {
    return transactOnPeople(ctx, async (tx) => {
      const target = await loadTarget(tx, input.personId);
      if (target.role === 'administrator') await requireStepUp(ctx, tx);
      return { people: 1, sessions: await endAllOf(tx, ctx, input.personId) };
    });
  }
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const total = { people: 0, sessions: 0 };
  for (;;) {
    const done = await transactOnPeople(ctx, (tx) => endBatch(tx, ctx));
    total.people += done.people;
    total.sessions += done.sessions;
    if (done.people < batch) return total;
  }
}

/** Administrators first: a stolen session among them ends before it can do more. */
async function endBatch(tx: Db, ctx: Context): Promise<{ people: number; sessions: number }> {
  const found = await tx
    .select({ id: people.id })
    .from(people)
    .where(
      sql`exists (select 1 from ${sessions} as open where open.person_id = ${people}.id and open.ended_at is null)`,
    )
    .orderBy(sql`${effectiveRole} <> 'administrator'`, people.id)
    .limit(batch)
    .for('update');
  let count = 0;
  for (const { id } of found) count += await endAllOf(tx, ctx, id);
  return { people: found.length, sessions: count };
}
