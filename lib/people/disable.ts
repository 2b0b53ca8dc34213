import { and, eq, isNotNull, isNull, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { refuseOneself, requireAdministrator } from '#lib/access/require';
import type { RevocationKey } from '#lib/connections/claim-revocations';
import { markRevoked } from '#lib/connections/mark-revoked';
import { workOneRevocation } from '#lib/connections/work-one-revocation';
import { type Context, inBackground } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { endSessionsOf } from '#lib/people/end-session';
import { requireStepUp } from '#lib/people/step-up';

export const disablePersonInput = z.object({ id: z.string().max(64), reason: reasonText });
export type DisablePersonInput = z.input<typeof disablePersonInput>;

/**
 * Shuts a person out: their sessions end at the next request and none can begin, and their connections are revoked, here
 * at once and at the providers as soon as those answer. Enabling them again brings none of it back. For another
 * administrator it needs a sign-in of the last minutes, so that a stolen session cannot be alone with the hub.
 * @throws AppError `forbidden`, `step_up_required`, `not_found`, `invalid_request`, `conflict` for oneself
 */
export async function disablePerson(ctx: Context, input: DisablePersonInput): Promise<{ revoked: number }> {
  requireAdministrator(ctx);
  refuseOneself(ctx, input.id);
  const [target] = await ctx.database.db
    .select({ id: people.id })
    .from(people)
    .where(and(eq(people.id, input.id), or(eq(people.role, 'administrator'), people.adminByConfig)));
  if (target) await requireStepUp(ctx);
  const revoked = await change(ctx, input, true);
  for (const key of revoked) inBackground(ctx, 'revoke at the provider', workOneRevocation(ctx, key));
  return { revoked: revoked.length };
}

/**
 * Lets a disabled person sign in again, with the role they had: so it needs a sign-in of the last minutes.
 * @throws AppError `forbidden`, `step_up_required`, `not_found`, `invalid_request`
 */
export async function enablePerson(ctx: Context, input: DisablePersonInput): Promise<void> {
  requireAdministrator(ctx);
  await requireStepUp(ctx);
  await change(ctx, input, false);
}

/** Revokes what the person has. A flow of theirs that ends just now waits for this, and then finds them disabled. */
async function revokeAll(tx: Db, ctx: Context, personId: string): Promise<RevocationKey[]> {
  const live = await tx
    .select({ personId: connections.personId, id: connections.id })
    .from(connections)
    .where(and(eq(connections.personId, personId), ne(connections.status, 'revoked')));
  return markRevoked(tx, ctx, live, { reason: 'person disabled' });
}

/** Answers what was revoked. */
async function change(ctx: Context, input: DisablePersonInput, disable: boolean): Promise<RevocationKey[]> {
  const { id, reason } = parseInput(disablePersonInput, input);
  return withTransaction(ctx.database.db, async (tx) => {
    const changed = await tx
      .update(people)
      .set({ disabledAt: disable ? sql`now()` : null })
      .where(
        and(
          eq(people.id, id),
          isNull(people.deletedAt),
          disable ? isNull(people.disabledAt) : isNotNull(people.disabledAt),
        ),
      )
      .returning({ id: people.id });
    if (changed.length === 0) {
      const [known] = await tx
        .select({ id: people.id })
        .from(people)
        .where(and(eq(people.id, id), isNull(people.deletedAt)));
      if (!known) throw new AppError('not_found');
      return [];
    }
    const sessions = disable ? await endSessionsOf(tx, id) : 0;
    const revoked = disable ? await revokeAll(tx, ctx, id) : [];
    await record(tx, ctx, {
      action: disable ? 'person.disabled' : 'person.enabled',
      personId: id,
      details: { reason, ...(disable ? { sessions, revoked: revoked.length } : {}) },
    });
    return revoked;
  });
}
