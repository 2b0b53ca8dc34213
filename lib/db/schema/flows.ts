import { isNotNull, isNull, or, sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

export const flowIntents = ['sign_in', 'step_up', 'connect', 'reconnect'] as const;
export type FlowIntent = (typeof flowIntents)[number];

/** Bytes of a flow's sealed part: 40 kB before sealing. */
export const mostSealedBytes = 64 * 1024;

/**
 * Flows that are on their way or ended in the last minutes. The row is claimed once, which makes an answer good once,
 * also across processes.
 */
export const flows = pgTable(
  'flows',
  {
    /** SHA-256 of the state, so that reading the table gives no flow. */
    id: text().primaryKey(),
    intent: text({ enum: flowIntents }).notNull(),
    /** The public id of the session it was begun in; null for a sign-in. */
    sessionId: text(),
    /** All of the flow that does not bind it to the browser, sealed; erased when it has ended. */
    sealed: text(),
    expiresAt: instant().notNull(),
    claimedAt: instant(),
    /** Where the browser was sent in the end, sealed; null while the flow is under way. */
    outcome: text(),
  },
  (t) => [
    index('flows_expiry').on(t.expiresAt),
    index('flows_session').on(t.sessionId, t.expiresAt),
    // A server or an operator that writes endless texts must not fill the disk by them.
    check(
      'flows_bounded',
      sql`octet_length(${t.sealed}) <= ${sql.raw(String(mostSealedBytes))}
      and octet_length(${t.outcome}) <= ${sql.raw(String(mostSealedBytes))}`,
    ),
    check('flows_claimed', sql`${t.claimedAt} is not null or ${t.sealed} is not null`),
    check('flows_ended', sql`${or(isNull(t.outcome), isNotNull(t.claimedAt)) ?? sql`true`}`),
  ],
);
