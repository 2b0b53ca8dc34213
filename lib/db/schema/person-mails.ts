import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

export const personMailEvents = ['connected', 'disconnected', 'needs_reconnect', 'incident'] as const;
export type PersonMailEvent = (typeof personMailEvents)[number];

/** What a person is told by mail about a connection. Ids and codes only: address and words are looked up at sending. */
export const personMails = pgTable(
  'person_mails',
  {
    /** Made from the ledger's entry that it tells of, so that nothing is told twice. */
    id: text().primaryKey(),
    // No reference: the ledger, which it is read from, outlives its people.
    personId: text().notNull(),
    connectionId: text().notNull(),
    provider: text().notNull(),
    event: text({ enum: personMailEvents }).notNull(),
    /** Which of the event's sentences it is; `lib/person-mails/words.ts` has them. */
    reason: text().notNull(),
    occurredAt: instant().notNull(),
    /** When it is tried next; null: no more. */
    dueAt: instant(),
    attempts: integer().notNull().default(0),
    /** The mail that it first went into: the same at every try, so that mail servers know a repetition. */
    mailId: text(),
    /** `dropped`: it was no longer true, or the person has no address. `given_up`: no server took it for days. */
    state: text({ enum: ['pending', 'sent', 'dropped', 'given_up'] })
      .notNull()
      .default('pending'),
    endedAt: instant(),
  },
  (t) => [
    index('person_mails_due').on(t.dueAt).where(sql`${t.dueAt} is not null`),
    index('person_mails_person').on(t.personId, t.occurredAt),
    index('person_mails_ended').on(t.endedAt),
    check('person_mails_event', sql`${t.event} in ('connected', 'disconnected', 'needs_reconnect', 'incident')`),
    check('person_mails_state', sql`${t.state} in ('pending', 'sent', 'dropped', 'given_up')`),
    check(
      'person_mails_pending',
      sql`(${t.state} = 'pending') = (${t.dueAt} is not null) and (${t.state} = 'pending') = (${t.endedAt} is null)`,
    ),
  ],
);
