import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Context } from '#lib/context';
import { type CappedCount, countCapped, countUpTo } from '#lib/db/count-capped';
import { people } from '#lib/db/schema/people';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { isMeant, peopleFilter } from '#lib/people/filter';

export type CountPeopleInput = z.input<typeof peopleFilter>;

/**
 * How many people `listPeople` would list with the same filter, counted no further than `upTo`.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function countPeople(
  ctx: Context,
  input: CountPeopleInput = {},
  upTo: number = countUpTo,
): Promise<CappedCount> {
  requireReader(ctx);
  const filter = parseInput(peopleFilter, input);
  const found = sql`(select 1 from ${people} where ${isMeant(filter)} limit ${upTo + 1})`;
  return countCapped(ctx.database.db, found, upTo);
}
