import { and, inArray, ne } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { type InactiveBatch, inactivePeopleInput, inBatch } from '#lib/reviews/inactive-batch';
import { revokeInactive } from '#lib/reviews/revoke-inactive';
import { requireStepUp } from '#lib/sign-in/step-up';

export const revokeManyInactiveInput = z.object({
  people: inactivePeopleInput,
  /** The live connections of these people as the administrator saw them. */
  expected: z.coerce.number().int().positive(),
});
export type RevokeManyInactiveInput = z.input<typeof revokeManyInactiveInput>;

const countLive = (ctx: Context, people: readonly string[]): Promise<number> =>
  ctx.database.db.$count(
    connections,
    and(inArray(connections.personId, [...people]), ne(connections.status, 'revoked')),
  );

/**
 * Revokes the connections of the people of a list who were told and stayed silent, one after the other, for some seconds. Each
 * is asserted anew; a person who came back keeps everything. Ask again with the people who are left, and `expected`.
 * @throws AppError `conflict` where the number of connections is another than the administrator saw; else as `revokeInactive`,
 *   where the fault is not one person's
 */
export async function revokeManyInactive(
  ctx: Context,
  input: RevokeManyInactiveInput,
): Promise<InactiveBatch & { expected: number }> {
  requireAdministrator(ctx);
  const { people, expected } = parseInput(revokeManyInactiveInput, input);
  await requireStepUp(ctx);
  if ((await countLive(ctx, people)) !== expected)
    throw new AppError('conflict', { message: 'Their connections changed meanwhile. Look at the list again.' });
  const batch = await inBatch(people, (person) => revokeInactive(ctx, { person }));
  return { ...batch, expected: batch.left.length > 0 ? await countLive(ctx, batch.left) : 0 };
}
