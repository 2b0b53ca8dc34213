import { sql } from 'drizzle-orm';
import { check, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { people } from '#lib/db/schema/people';

export const endingKinds = ['disabled', 'deleted'] as const;
export type EndingKind = (typeof endingKinds)[number];

/**
 * People who are disabled or deleted and have more connections than one transaction ends. The row stands until the last
 * batch, so that any process goes on after a crash, on behalf of the administrator who began it.
 */
export const personEndings = pgTable(
  'person_endings',
  {
    personId: text()
      .primaryKey()
      .references(() => people.id, { onDelete: 'cascade' }),
    kind: text({ enum: endingKinds }).notNull(),
    reason: text().notNull(),
    /** A person's id, or the name of a part of our own. */
    requestedBy: text().notNull(),
    /** Of the request that began it: every entry of its batches carries it. */
    requestId: text().notNull(),
    /** How the administrator had signed in lately, for the last entry. */
    stepUp: text(),
    begunAt: instant().notNull().defaultNow(),
    /** Connections that the batches so far have revoked. */
    revoked: integer().notNull().default(0),
  },
  (t) => [check('person_endings_kind', sql`${t.kind} in ('disabled', 'deleted')`)],
);
