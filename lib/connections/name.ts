import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { requirePerson } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export const nameConnectionInput = z.object({
  id: z.string().max(64),
  name: z
    .string()
    .transform((text) => text.replace(/\s+/g, ' ').trim())
    .pipe(
      z
        .string()
        .min(1, 'Give it a name.')
        .max(80, 'At most 80 characters.')
        .regex(/^[^\p{Cc}\p{Cf}]*$/u, 'Letters, digits and signs only.'),
    ),
});
export type NameConnectionInput = z.input<typeof nameConnectionInput>;

/**
 * Names a connection of the person's own, if its provider says nothing of the account. Elsewhere the name is the
 * provider's.
 * @throws AppError `not_found`, `revoked`, `invalid_request`, `unauthenticated`
 */
export async function nameConnection(ctx: Context, input: NameConnectionInput): Promise<{ provider: string }> {
  requirePerson(ctx);
  const { id, name } = parseInput(nameConnectionInput, input);
  const { personId } = ctx.actor;
  const mine = and(eq(connections.personId, personId), eq(connections.id, id));
  return transactAs(ctx, async (tx) => {
    const [row] = await tx
      .select({ provider: connections.provider, status: connections.status })
      .from(connections)
      .where(mine)
      .for('update');
    if (!row) throw new AppError('not_found');
    if (row.status === 'revoked') throw new AppError('revoked');
    if (ctx.providers.get(row.provider)?.identity.source !== 'none')
      throw new AppError('invalid_request', { message: 'The provider names this account.' });
    await tx.update(connections).set({ label: name }).where(mine);
    await record(tx, ctx, { action: 'connection.named', personId, connectionId: id, provider: row.provider });
    return { provider: row.provider };
  });
}
