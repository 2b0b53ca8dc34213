import { and, desc, eq } from 'drizzle-orm';
import { requirePerson } from '#lib/access/require';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { isLive } from '#lib/people/sessions';
import type { SessionView } from '#lib/people/views';

/**
 * Live sessions: one's own, or those of `personId` for an administrator or auditor. Newest use first, at most 100.
 * @throws AppError `unauthenticated`, `not_found`
 */
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
    .where(and(eq(sessions.personId, personId), isLive(ctx.config)))
    .orderBy(desc(sessions.lastSeenAt))
    .limit(100);
  return rows.map((row) => ({ ...row, current: row.publicId === sessionId }));
}
