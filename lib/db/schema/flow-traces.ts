import { sql } from 'drizzle-orm';
import { check, index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** Bytes of a sealed trace. */
export const mostTraceBytes = 128 * 1024;

/** Every step of a flow that an administrator began to be told of it, masked and then sealed, for an hour. */
export const flowTraces = pgTable(
  'flow_traces',
  {
    id: text().primaryKey(),
    /** The administrator who began it; only they may read it. */
    personId: text().notNull(),
    provider: text().notNull(),
    sealed: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
  },
  (t) => [
    index('flow_traces_expiry').on(t.expiresAt),
    index('flow_traces_person').on(t.personId, t.createdAt),
    check('flow_traces_bounded', sql`octet_length(${t.sealed}) <= ${sql.raw(String(mostTraceBytes))}`),
  ],
);
