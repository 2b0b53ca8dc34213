import { and, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { decodeCursor, encodeCursor, type Page } from '#lib/cursor';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { requirePerson } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import type { SessionView } from '#lib/people/views';
import { isLive } from '#lib/sign-in/sessions';

export const listSessionsInput = z.object({
  /** The person; absent: oneself. */
  personId: z.string().max(64).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.int().min(1).max(100).default(20),
});
export type ListSessionsInput = z.input<typeof listSessionsInput>;

const sort = 'used';

/**
 * Live sessions: one's own, or those of `personId` for an administrator or auditor. Newest use first, a page at
 * a time.
 * @throws AppError `unauthenticated`, `not_found`, `invalid_request`
 */
export async function listSessions(ctx: Context, given: ListSessionsInput = {}): Promise<Page<SessionView>> {
  requirePerson(ctx);
  const { cursor, limit, ...input } = parseInput(listSessionsInput, given);
  const at = cursor === undefined ? undefined : decodeCursor(cursor, sort);
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
        isLive(ctx.config),
        at && sql`(${sessions.lastSeenAt}, ${sessions.publicId}) < (${at.at}::timestamptz, ${at.id})`,
      ),
    )
    .orderBy(desc(sessions.lastSeenAt), desc(sessions.publicId))
    .limit(limit + 1);
  const items = rows.slice(0, limit).map((row) => ({ ...row, current: row.publicId === sessionId }));
  const last = rows.length > limit ? items.at(-1) : undefined;
  return {
    items,
    nextCursor: last ? encodeCursor({ at: last.lastSeenAt.toISOString(), id: last.publicId, sort }) : null,
  };
}
