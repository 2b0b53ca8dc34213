import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import { connectionFilter, connectionsInReach, findConnections } from '#lib/connections/filter';
import type { Context } from '#lib/context';
import { type CappedCount, countCapped, countUpTo } from '#lib/db/count-capped';
import { parseInput } from '#lib/parse-input';

export type CountConnectionsInput = z.input<typeof connectionFilter>;

/**
 * How many connections `listConnections` would list with the same filter, counted no further than `upTo`: counting rows
 * that no reader reaches would cost more than the page itself.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`, `invalid_request`
 */
export async function countConnections(
  ctx: Context,
  input: CountConnectionsInput = {},
  upTo: number = countUpTo,
): Promise<CappedCount> {
  const reach = connectionsInReach(ctx);
  const filter = parseInput(connectionFilter, input);
  const found = await findConnections(ctx, reach, filter, { limit: upTo + 1 });
  return countCapped(ctx.database.db, sql`(${found})`, upTo);
}
