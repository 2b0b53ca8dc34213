import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { connections } from '#lib/db/schema/connections';

export const revocationStates = ['pending', 'revoked_upstream', 'unsupported', 'failed'] as const;
export type RevocationState = (typeof revocationStates)[number];

/** What is being done at the provider about a connection that is revoked here already. */
export const revocations = pgTable(
  'revocations',
  {
    personId: text().notNull(),
    connectionId: text().notNull(),
    state: text({ enum: revocationStates }).notNull().default('pending'),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant().notNull().defaultNow(),
    lastErrorCode: text(),
    requestedBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    finishedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.personId, t.connectionId] }),
    foreignKey({
      columns: [t.personId, t.connectionId],
      foreignColumns: [connections.personId, connections.id],
    }).onDelete('cascade'),
    index('revocations_due').on(t.nextAttemptAt).where(sql`${t.state} = 'pending'`),
    check('revocations_state', sql`${t.state} in ('pending', 'revoked_upstream', 'unsupported', 'failed')`),
  ],
);
