import { and, isNull, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { requireReader } from '#lib/guards/require';

/**
 * The ids of the people with this e-mail address, whatever the case of its letters; two at most, to tell one from
 * several. An e-mail address identifies no person: the same one may belong to accounts at several providers.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function findByEmail(ctx: Context, email: string): Promise<string[]> {
  requireReader(ctx);
  const found = await ctx.database.db
    .select({ id: people.id })
    .from(people)
    .where(and(sql`lower(${people.email}) = lower(${email})`, isNull(people.deletedAt)))
    .limit(2);
  return found.map(({ id }) => id);
}
