import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type CappedCount, countCapped } from '#lib/db/count-capped';
import { requireReader } from '#lib/guards/require';

/** A longer number is not read to its end. */
const countUpTo = 1_000;

/** Mails that the mail server did not take and that wait for their next try. */
export interface WaitingMailsView {
  /** Alerts that no mail has told of. */
  alerts: CappedCount;
  /** News to people about their connections. */
  people: CappedCount;
}

const none: CappedCount = { count: 0, capped: false };

/**
 * Mails that were tried and wait, of a hub that sends mail.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readWaitingMails(ctx: Context): Promise<WaitingMailsView> {
  requireReader(ctx);
  const { database, config } = ctx;
  if (!config.mail) return { alerts: none, people: none };
  const count = (from: ReturnType<typeof sql>) =>
    countCapped(database.db, sql`(select 1 from ${from} limit ${countUpTo + 1})`, countUpTo);
  return {
    // The first try comes within a minute or two of the opening.
    alerts:
      config.alertEmails.length > 0
        ? await count(sql`alerts where mail_due_at is not null and opened_at < now() - interval '5 minutes'`)
        : none,
    // The claim of a first try counts as one, and goes on while the server answers.
    people: await count(sql`person_mails where due_at is not null and attempts > 1`),
  };
}
