import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { personColumns, toPersonView } from '#lib/people/read-views';
import type { PersonView } from '#lib/people/views';

export const getPersonInput = z.object({ id: z.string() });
export type GetPersonInput = z.input<typeof getPersonInput>;

/**
 * One person, for administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getPerson(ctx: Context, input: GetPersonInput): Promise<PersonView> {
  requireReader(ctx);
  const { id } = parseInput(getPersonInput, input);
  const [row] = await ctx.database.db
    .select(personColumns)
    .from(people)
    .where(and(eq(people.id, id), isNull(people.deletedAt)));
  if (!row) throw new AppError('not_found');
  return toPersonView(row);
}
