import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { type Context, inBackground } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { type Db, rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { inactivityNotices } from '#lib/db/schema/inactivity-notices';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { readInactive } from '#lib/reviews/inactive-people';
import { type InactivePersonInput, inactivePersonInput } from '#lib/reviews/notify-inactive';
import type { Clock } from '#lib/reviews/open-reviews';
import { moment } from '#lib/reviews/rows';
import type { RevocationKey } from '#lib/revocation/claim-revocations';
import { markRevoked } from '#lib/revocation/mark-revoked';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactOnPeople } from '#lib/sign-in/transact-as';

/** Connections of one transaction; on the embedded database other work waits for it. */
const batch = { postgres: 100, pglite: 25 } as const;

/** True where a service read a token since the notice: the ledger knows it before the answer, the last use a little later. */
async function wasReadSince(tx: Db, personId: string, since: Date): Promise<boolean> {
  const rows = await tx.execute(sql`select 1 from ledger where person_id = ${personId} and at >= ${moment(since)}
    and action = 'token.vended' limit 1`);
  return rowsOf(rows).length > 0;
}

/**
 * Asserts, in the transaction that revokes, that the person was told, that the date has come, and that they gave no sign of
 * life since. Their row is locked, so that a sign-in waits, or is seen.
 */
async function assertDue(tx: Db, ctx: Context, personId: string, now: Date): Promise<{ notifiedAt: Date }> {
  await tx.select({ id: people.id }).from(people).where(eq(people.id, personId)).for('update');
  const found = await readInactive(tx, ctx, personId, now);
  if (!found) throw new AppError('not_found');
  const { state, notifiedAt, dueAt } = found;
  if (!found.inactive)
    throw new AppError('conflict', { message: 'This person is not inactive any more. Nothing was revoked.' });
  if ((state !== 'told' && state !== 'due') || !notifiedAt || !dueAt)
    throw new AppError('conflict', { message: 'Tell this person by mail first.' });
  if (await wasReadSince(tx, personId, notifiedAt))
    throw new AppError('conflict', { message: 'A service read a token since the mail. Nothing was revoked.' });
  if (state !== 'due')
    throw new AppError('conflict', { message: `They have time until ${dueAt.toISOString().slice(0, 10)}.` });
  return { notifiedAt };
}

async function revokeSome(tx: Db, ctx: Context, personId: string): Promise<RevocationKey[]> {
  const live = await tx
    .select({ personId: connections.personId, id: connections.id })
    .from(connections)
    .where(and(eq(connections.personId, personId), ne(connections.status, 'revoked')))
    .orderBy(connections.id)
    .limit(batch[ctx.database.engine]);
  return markRevoked(tx, ctx, live, { reason: 'person inactive' });
}

/**
 * Revokes the connections of an inactive person who was told and did not come back. The revocations try the old tokens at
 * the provider. Each batch asserts anew that the person may lose them.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`;
 *   `conflict` where the person was not told, has time left, or came back
 */
export async function revokeInactive(
  ctx: Context,
  input: InactivePersonInput,
  { now: given }: Clock = {},
): Promise<{ revoked: number }> {
  requireAdministrator(ctx);
  const { person: personId } = parseInput(inactivePersonInput, input);
  const keys: RevocationKey[] = [];
  for (let over = false; !over; ) {
    const now = given ?? (await databaseNow(ctx.database.db));
    const some = await transactOnPeople(ctx, async (tx) => {
      const { proof } = await requireStepUp(ctx, tx);
      const { notifiedAt } = await assertDue(tx, ctx, personId, now);
      const revoked = await revokeSome(tx, ctx, personId);
      if (revoked.length === batch[ctx.database.engine] && (await hasLive(tx, personId))) return revoked;
      over = true;
      await tx
        .update(inactivityNotices)
        .set({ revokedAt: now })
        .where(and(eq(inactivityNotices.personId, personId), isNull(inactivityNotices.revokedAt)));
      await record(tx, ctx, {
        action: 'person.inactive_revoked',
        personId,
        details: { notified_at: notifiedAt.toISOString(), revoked: keys.length + revoked.length, step_up: proof },
      });
      return revoked;
    });
    keys.push(...some);
    for (const key of some) inBackground(ctx, 'revoke at the provider', workOneRevocation(ctx, key));
  }
  return { revoked: keys.length };
}

async function hasLive(tx: Db, personId: string): Promise<boolean> {
  const [one] = await tx
    .select({ id: connections.id })
    .from(connections)
    .where(and(eq(connections.personId, personId), ne(connections.status, 'revoked')))
    .limit(1);
  return one !== undefined;
}
