import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

export const freezeScopes = ['everything', 'provider', 'person', 'api_key', 'connection'] as const;
export type FreezeScope = (typeof freezeScopes)[number];

/** A freeze that an administrator set: while it stands, no token within its scope is vended, refreshed or connected. */
export const freezes = pgTable(
  'freezes',
  {
    id: text().primaryKey(),
    scope: text({ enum: freezeScopes }).notNull(),
    /** The id of the frozen object; empty for everything. */
    target: text().notNull().default(''),
    reason: text().notNull(),
    createdBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    liftedBy: text(),
    liftedAt: instant(),
    liftReason: text(),
  },
  (t) => [
    // Also what makes asking at every vend cheap: the index holds only the freezes that stand.
    uniqueIndex('freezes_standing').on(t.scope, t.target).where(sql`${t.liftedAt} is null`),
    // The history, the newest first, and that of one thing.
    index('freezes_created').on(t.createdAt, t.id),
    index('freezes_over').on(t.scope, t.target, t.createdAt),
    check('freezes_scope', sql`${t.scope} in ('everything', 'provider', 'person', 'api_key', 'connection')`),
    check('freezes_target', sql`(${t.scope} = 'everything') = (${t.target} = '')`),
  ],
);
