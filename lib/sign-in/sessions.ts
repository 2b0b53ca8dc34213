import { and, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Config } from '#lib/config/config';
import type { Context, Role, Runtime } from '#lib/context';
import type { Db } from '#lib/db/database';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import type { PersonActor } from '#lib/guards/require';
import { hashSecret, newId, newSecret } from '#lib/ids';
import type { Authentication } from '#lib/sign-in/authentication';
import { effectiveRole } from '#lib/sign-in/effective-role';

/** Lifetimes in hours for a role; an administrator's are shorter. */
function hoursFor(config: Config, role: Role) {
  return role === 'user' ? config.sessionHours.user : config.sessionHours.administrator;
}

function hoursByRole(config: Config, kind: 'idle' | 'absolute') {
  const { user, administrator } = config.sessionHours;
  return sql`make_interval(secs => case when ${effectiveRole} = 'user' then ${user[kind] * 3600}::float8 else ${administrator[kind] * 3600}::float8 end)`;
}

/** True where a session has neither ended, idled nor run out. Select from `sessions` joined to their `people`. */
export function isLive(config: Config) {
  return and(
    isNull(sessions.endedAt),
    gt(sessions.expiresAt, sql`now()`),
    gt(sessions.createdAt, sql`now() - ${hoursByRole(config, 'absolute')}`),
    gt(sessions.lastSeenAt, sql`now() - ${hoursByRole(config, 'idle')}`),
  );
}

/** The values that a new session hands to the browser. */
export interface NewSession {
  /** The secret for the cookie; only its hash is kept. */
  id: string;
  publicId: string;
  /** How long the cookie is worth keeping, in seconds. */
  seconds: number;
}

/** Begins a session with a new id in the caller's transaction (session fixation: ids are never taken over). */
export async function beginSession(
  tx: Db,
  ctx: Context,
  person: { id: string; role: Role },
  authentication: Authentication | null = null,
): Promise<NewSession> {
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
    ...(authentication && {
      authenticatedAt: sql`now() - make_interval(secs => ${authentication.ageSeconds}::float8)`,
      authenticationProof: authentication.proof,
    }),
  });
  return { id, publicId, seconds };
}

/**
 * The holder of this session id, now, by the database's clock; null where the session ended, idled or ran out, or its
 * person was disabled. Asked at every request, so that ending one takes effect at the next.
 */
export async function resolveSession(runtime: Runtime, id: string): Promise<PersonActor | null> {
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
      and(eq(sessions.idHash, idHash), isLive(runtime.config), isNull(people.disabledAt), isNull(people.deletedAt)),
    );
  if (!row) return null;
  // Once a minute is exact enough for an idle limit of hours, and spares a write at every request.
  if (row.stale) await db.update(sessions).set({ lastSeenAt: sql`now()` }).where(eq(sessions.idHash, idHash));
  const { stale: _, ...person } = row;
  return { type: 'person', ...person };
}

/** Removes sessions that have been over for a month. */
export async function purgeSessions(ctx: Context): Promise<void> {
  const monthAgo = sql`now() - interval '30 days'`;
  const over = or(lt(sessions.expiresAt, monthAgo), lt(sessions.endedAt, monthAgo));
  await deleteInPages(ctx.database.db, sessions, over);
}
