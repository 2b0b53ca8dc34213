import { sql } from 'drizzle-orm';
import { check, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { people } from '#lib/db/schema/people';

/**
 * People who were told by mail that their unused connections will be revoked. A new notice takes the place of the one
 * before; the ledger keeps each.
 */
export const inactivityNotices = pgTable(
  'inactivity_notices',
  {
    personId: text()
      .primaryKey()
      .references(() => people.id, { onDelete: 'cascade' }),
    /** When a process began to send it, so that no second one sends it too. */
    begunAt: instant().notNull(),
    /** When the mail server took it; null: not yet. */
    notifiedAt: instant(),
    /** From then on the connections may be revoked. */
    dueAt: instant(),
    /** The administrator's id, or the name of a part of our own. */
    notifiedBy: text().notNull(),
    revokedAt: instant(),
  },
  (t) => [
    check('inactivity_notices_due', sql`(${t.notifiedAt} is null) = (${t.dueAt} is null)`),
    // No revocation without a notice, whatever the code above it does.
    check(
      'inactivity_notices_revoked',
      sql`${t.revokedAt} is null or (${t.dueAt} is not null and ${t.revokedAt} >= ${t.dueAt})`,
    ),
  ],
);
