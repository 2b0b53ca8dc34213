import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { isFrozen } from '#lib/connections/frozen';
import { entryKey } from '#lib/connections/offers';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { requirePerson } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export const chooseInput = z.object({
  id: z.string().max(64),
  /** The name of the list. */
  list: z.string().max(40),
  /** The entry's key (`entryKey`). */
  entry: z.string().max(64),
});
export type ChooseInput = z.input<typeof chooseInput>;

/**
 * Chooses an entry of a list that a look-up of the person's own connection answered: its fields become the connection's
 * extras. Only an entry that the hub itself read from the provider is taken.
 * @throws AppError `not_found`, `revoked`, `frozen`, `invalid_request` for an entry that is not offered,
 * `unauthenticated`
 */
export async function chooseEntry(ctx: Context, input: ChooseInput): Promise<{ provider: string }> {
  requirePerson(ctx);
  const { id, list, entry } = parseInput(chooseInput, input);
  const { personId } = ctx.actor;
  const mine = and(eq(connections.personId, personId), eq(connections.id, id));
  return transactAs(ctx, async (tx) => {
    const [row] = await tx
      .select({
        provider: connections.provider,
        status: connections.status,
        offered: connections.offered,
        frozen: isFrozen,
      })
      .from(connections)
      .where(mine)
      .for('update');
    if (!row) throw new AppError('not_found');
    if (row.status === 'revoked') throw new AppError('revoked');
    if (row.frozen) throw new AppError('frozen');
    const offer = row.offered?.find(({ name }) => name === list);
    const chosen = offer?.entries.find((one) => entryKey(one) === entry);
    if (!chosen)
      throw new AppError('invalid_request', {
        message: 'The provider does not offer this entry. Choose from the list.',
      });
    await tx
      .update(connections)
      .set({ extras: sql`${connections.extras} || ${JSON.stringify(chosen.extras)}::jsonb` })
      .where(mine);
    const details = { list, fields: Object.keys(chosen.extras) };
    await record(tx, ctx, { action: 'connection.chosen', personId, connectionId: id, provider: row.provider, details });
    return { provider: row.provider };
  });
}
