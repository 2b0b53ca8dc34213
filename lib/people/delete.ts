import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import { refuseOneself, requireAdministrator } from '#lib/access/require';
import { revokeConnection } from '#lib/connections/revoke';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/people/step-up';

export const deletePersonInput = z.object({ id: z.string().max(64), reason: reasonText });
export type DeletePersonInput = z.input<typeof deletePersonInput>;

/**
 * Deletes a person: shuts them out, revokes every connection, then erases profile, labels and sessions. What the
 * provider must still be told with is erased when each revocation is over. The ledger keeps opaque ids only.
 * Repeating it after a failure goes on where it stopped. It cannot be undone, so it needs a sign-in of the last minutes.
 * @throws AppError `forbidden`, `step_up_required`, `not_found`, `invalid_request`, `conflict` for oneself
 */
export async function deletePerson(ctx: Context, input: DeletePersonInput): Promise<{ revoked: number }> {
  requireAdministrator(ctx);
  refuseOneself(ctx, input.id);
  await requireStepUp(ctx);
  const { id: personId, reason } = parseInput(deletePersonInput, input);
  const { db } = ctx.database;
  // First of all nothing new may begin: a flow of theirs that ends now finds no session.
  const shut = await db
    .update(people)
    .set({ disabledAt: sql`coalesce(${people.disabledAt}, now())` })
    .where(and(eq(people.id, personId), isNull(people.deletedAt)))
    .returning({ id: people.id });
  if (shut.length === 0) throw new AppError('not_found');
  const live = await db
    .select({ id: connections.id })
    .from(connections)
    .where(and(eq(connections.personId, personId), ne(connections.status, 'revoked')));
  for (const { id } of live) await revokeConnection(ctx, { id, reason: 'person deleted' });

  await withTransaction(db, async (tx) => {
    const erased = await tx
      .update(people)
      .set({
        name: null,
        email: null,
        subject: sql`'erased:' || ${people.id}`,
        issuer: 'erased',
        adminByConfig: false,
        role: 'user',
        deletedAt: sql`now()`,
      })
      .where(and(eq(people.id, personId), isNull(people.deletedAt)))
      .returning({ id: people.id });
    if (erased.length === 0) return;
    // Another administrator may have let the person in again meanwhile: then this is to be done once more.
    const [remaining] = await tx
      .select({ id: connections.id })
      .from(connections)
      .where(and(eq(connections.personId, personId), ne(connections.status, 'revoked')))
      .limit(1);
    if (remaining) throw new AppError('conflict');
    await tx.delete(sessions).where(eq(sessions.personId, personId));
    await tx
      .update(connections)
      .set({
        label: null,
        subject: 'erased',
        extras: {},
        // Parts of the provider's addresses: what is still to be revoked needs them, until it is over.
        accountParams: sql`case when exists (select 1 from ${revocations} as due where due.person_id = ${connections}.person_id
          and due.connection_id = ${connections}.id and due.replaced_generation = 0
          and (due.state in ('pending', 'failed') or due.proof in ('due', 'still_accepted'))) then ${connections.accountParams} else '{}'::jsonb end`,
        authorization: sql`${connections.authorization} || '{"userAgent": null}'::jsonb`,
      })
      .where(and(eq(connections.personId, personId), eq(connections.status, 'revoked')));
    await record(tx, ctx, {
      action: 'person.deleted',
      personId,
      details: { reason, revoked: live.length },
    });
  });
  return { revoked: live.length };
}
