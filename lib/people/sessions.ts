import { and, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import { requirePerson } from '#lib/access/require';
import type { Config } from '#lib/config/config';
import type { Actor, Context, Role, Runtime } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { hashSecret, newId, newSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { effectiveRole } from '#lib/people/effective-role';
import type { SessionView } from '#lib/people/views';

/** Lifetimes in hours for a role; an administrator's are shorter. */
function hoursFor(config: Config, role: Role) {
  return role === 'user' ? config.sessionHours.user : config.sessionHours.administrator;
}

function hoursByRole(config: Config, kind: 'idle' | 'absolute') {
  const { user, administrator } = config.sessionHours;
  return sql`make_interval(secs => case when ${effectiveRole} = 'user' then ${user[kind] * 3600}::float8 else ${administrator[kind] * 3600}::float8 end)`;
}

/** What a new session hands to the browser. */
export interface NewSession {
  /** The secret for the cookie; only its hash is kept. */
  id: string;
  publicId: string;
  /** How long the cookie is worth keeping, in seconds. */
  seconds: number;
}

/** Begins a session with a new id in the caller's transaction (session fixation: ids are never taken over). */
export async function beginSession(tx: Db, ctx: Context, person: { id: string; role: Role }): Promise<NewSession> {
  const id = newSecret();
  const publicId = newId('ses');
  const seconds = Math.floor(hoursFor(ctx.config, person.role).absolute * 3600);
  await tx.insert(sessions).values({
    idHash: hashSecret(id),
    publicId,
    personId: person.id,
    expiresAt: sql`now() + make_interval(secs => ${seconds}::float8)`,
    ip: ctx.ip,
    userAgent: ctx.userAgent?.slice(0, 300) ?? null,
  });
  return { id, publicId, seconds };
}

/**
 * Who holds this session id, now, by the database's clock; null where the session ended, idled or ran out, or its
 * person was disabled. Asked at every request, so that ending one takes effect at the next.
 */
export async function resolveSession(runtime: Runtime, id: string): Promise<Extract<Actor, { type: 'person' }> | null> {
  const { config } = runtime;
  const { db } = runtime.database;
  const idHash = hashSecret(id);
  const [row] = await db
    .select({
      personId: people.id,
      role: effectiveRole,
      name: people.name,
      email: people.email,
      sessionId: sessions.publicId,
      stale: sql<boolean>`${sessions.lastSeenAt} < now() - interval '1 minute'`,
    })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .where(
      and(
        eq(sessions.idHash, idHash),
        isNull(sessions.endedAt),
        gt(sessions.expiresAt, sql`now()`),
        gt(sessions.createdAt, sql`now() - ${hoursByRole(config, 'absolute')}`),
        gt(sessions.lastSeenAt, sql`now() - ${hoursByRole(config, 'idle')}`),
        isNull(people.disabledAt),
        isNull(people.deletedAt),
      ),
    );
  if (!row) return null;
  // Once a minute is exact enough for an idle limit of hours, and spares a write at every request.
  if (row.stale) await db.update(sessions).set({ lastSeenAt: sql`now()` }).where(eq(sessions.idHash, idHash));
  const { stale: _, ...person } = row;
  return { type: 'person', ...person };
}

/**
 * Ends one session: one's own, or anyone's for an administrator. Ending an ended one changes nothing.
 * @throws AppError `not_found` where it is not the caller's
 */
export async function endSession(ctx: Context, input: { publicId: string }): Promise<void> {
  requirePerson(ctx);
  const own = ctx.actor.role === 'administrator' ? undefined : eq(sessions.personId, ctx.actor.personId);
  await withTransaction(ctx.database.db, async (tx) => {
    const [row] = await tx
      .select({ personId: sessions.personId, endedAt: sessions.endedAt })
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

/** Ends all of the caller's sessions, this one included. */
export async function endAllSessions(ctx: Context): Promise<void> {
  requirePerson(ctx);
  const { personId } = ctx.actor;
  await withTransaction(ctx.database.db, async (tx) => {
    const count = await endSessionsOf(tx, personId);
    if (count > 0)
      await record(tx, ctx, { action: 'session.ended', personId, details: { all: true, sessions: count } });
  });
}

/** Live sessions: one's own, or those of `personId` for an administrator or auditor. Newest use first. */
export async function listSessions(ctx: Context, input: { personId?: string } = {}): Promise<SessionView[]> {
  requirePerson(ctx);
  const personId = input.personId ?? ctx.actor.personId;
  if (personId !== ctx.actor.personId && ctx.actor.role === 'user') throw new AppError('not_found');
  const { sessionId } = ctx.actor;
  const rows = await ctx.database.db
    .select({
      publicId: sessions.publicId,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
      ip: sessions.ip,
      userAgent: sessions.userAgent,
    })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .where(
      and(
        eq(sessions.personId, personId),
        isNull(sessions.endedAt),
        gt(sessions.expiresAt, sql`now()`),
        gt(sessions.createdAt, sql`now() - ${hoursByRole(ctx.config, 'absolute')}`),
        gt(sessions.lastSeenAt, sql`now() - ${hoursByRole(ctx.config, 'idle')}`),
      ),
    )
    .orderBy(desc(sessions.lastSeenAt))
    .limit(100);
  return rows.map((row) => ({ ...row, current: row.publicId === sessionId }));
}

/** Removes sessions that have been over for a month. */
export async function purgeSessions(ctx: Context): Promise<void> {
  const monthAgo = sql`now() - interval '30 days'`;
  await ctx.database.db.delete(sessions).where(or(lt(sessions.expiresAt, monthAgo), lt(sessions.endedAt, monthAgo)));
}
