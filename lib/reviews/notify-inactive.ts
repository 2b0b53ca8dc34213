import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Config } from '#lib/config/config';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { inactivityNotices } from '#lib/db/schema/inactivity-notices';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { isAddress, mailErrorCode, sendMail } from '#lib/outbound/send-mail';
import { parseInput } from '#lib/parse-input';
import { type InactivePersonView, readInactive } from '#lib/reviews/inactive-people';
import type { Clock } from '#lib/reviews/open-reviews';
import { transactAs, transactOnPeople } from '#lib/sign-in/transact-as';

export const inactivePersonInput = z.object({ person: z.string().min(1).max(64) });
export type InactivePersonInput = z.input<typeof inactivePersonInput>;

const dayMs = 86_400_000;
const day = (at: Date) => at.toISOString().slice(0, 10);

/** The mail to an inactive person: since when, until when, and how to keep the connections. It names no connection. */
function composeInactivityMail(
  config: Config,
  { lastActiveAt, connections }: Pick<InactivePersonView, 'lastActiveAt' | 'connections'>,
  dueAt: Date,
): { subject: string; text: string } {
  const many = connections === 1 ? '1 connection' : `${connections} connections`;
  return {
    subject: `[Grantkeep] Sign in by ${day(dueAt)} to keep your connections`,
    text: `You have ${many} at ${config.appUrl.href}, and neither you nor a service used any of them since ${day(lastActiveAt)}.

An administrator may revoke them from ${day(dueAt)} on. Services lose access then, and you would have to connect anew.

To keep them, sign in before that day: ${config.appUrl.href}
If you need them no longer, do nothing, or disconnect them there.
`,
  };
}

/** Claims the notice for this process. @throws AppError `not_found`, `conflict` */
async function beginNotice(ctx: Context, personId: string, now: Date) {
  return transactOnPeople(ctx, async (tx) => {
    const found = await readInactive(tx, ctx, personId, now);
    if (!found) throw new AppError('not_found');
    if (!found.inactive) throw new AppError('conflict', { message: 'This person is not inactive any more.' });
    const { email } = found;
    if (!isAddress(email)) throw new AppError('conflict', { message: 'No e-mail address of this person is known.' });
    if (found.state === 'told' || found.state === 'due')
      throw new AppError('conflict', { message: 'This person was told already.' });
    if (found.state === 'sending') throw new AppError('conflict', { message: 'The mail is being sent.' });
    const row = {
      ...{ begunAt: now, notifiedAt: null, dueAt: null, revokedAt: null },
      notifiedBy: actorId(ctx.actor) ?? '',
    };
    await tx
      .insert(inactivityNotices)
      .values({ personId, ...row })
      .onConflictDoUpdate({ target: inactivityNotices.personId, set: row });
    return { ...found, email };
  });
}

/**
 * Tells an inactive person by mail that their connections will be revoked, and from when on. The date counts from when the
 * mail server took the mail; without that nothing can be revoked.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `not_found`, `conflict` where the
 *   person is not inactive, was told, has no address, or no mail is configured; `unavailable` where the server took no mail
 */
export async function notifyInactive(
  ctx: Context,
  input: InactivePersonInput,
  { now: given }: Clock = {},
): Promise<{ dueAt: Date }> {
  requireAdministrator(ctx);
  const { person: personId } = parseInput(inactivePersonInput, input);
  const { mail, inactiveDays, inactiveNoticeDays } = ctx.config;
  if (!mail) throw new AppError('conflict', { message: 'This hub sends no mail: SMTP_URL is not set.' });
  const now = given ?? (await databaseNow(ctx.database.db));
  const found = await beginNotice(ctx, personId, now);
  const dueAt = new Date(now.getTime() + inactiveNoticeDays * dayMs);
  const begun = and(
    eq(inactivityNotices.personId, personId),
    eq(inactivityNotices.begunAt, now),
    isNull(inactivityNotices.notifiedAt),
  );
  try {
    await sendMail(mail, { to: [found.email], ...composeInactivityMail(ctx.config, found, dueAt) });
  } catch (error) {
    ctx.log.warn({ event: 'inactivity_mail_not_sent', person: personId, error_code: mailErrorCode(error) });
    await ctx.database.db.delete(inactivityNotices).where(begun);
    throw new AppError('unavailable', { message: 'The mail server did not take the mail. Try again later.' });
  }
  await transactAs(ctx, async (tx) => {
    const kept = await tx
      .update(inactivityNotices)
      .set({ notifiedAt: now, dueAt })
      .where(begun)
      .returning({ id: sql`1` });
    if (kept.length === 0) throw new AppError('conflict');
    await record(tx, ctx, {
      action: 'person.inactivity_notified',
      personId,
      details: {
        ...{ since: found.lastActiveAt.toISOString(), due_at: dueAt.toISOString() },
        ...{ inactive_days: inactiveDays, connections: found.connections },
      },
    });
  });
  return { dueAt };
}
