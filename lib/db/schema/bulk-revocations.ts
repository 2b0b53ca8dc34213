import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

export const bulkStates = ['prepared', 'running', 'finished'] as const;
export type BulkState = (typeof bulkStates)[number];

export const bulkRowStates = ['waiting', 'revoked', 'revoked_before', 'failed'] as const;
/** The course of one connection here; `revocations` has the answer of its provider. */
export type BulkRowState = (typeof bulkRowStates)[number];

/**
 * Many connections that are revoked by one decision. Preparing it finds its rows, so that the administrator confirms
 * exactly the rows shown. Any process may work it off.
 */
export const bulkRevocations = pgTable(
  'bulk_revocations',
  {
    id: text().primaryKey(),
    state: text({ enum: bulkStates }).notNull().default('prepared'),
    /** The criteria that found the rows, as they were asked for; a selection is kept as its size. */
    criteria: jsonb().$type<Record<string, string | number>>().notNull(),
    total: integer().notNull(),
    preparedBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    reason: text(),
    startedBy: text(),
    /** Of the request that started it: every entry of its rows carries it. */
    requestId: text(),
    startedAt: instant(),
    finishedAt: instant(),
  },
  (t) => [
    index('bulk_revocations_created').on(t.createdAt, t.id),
    index('bulk_revocations_running').on(t.createdAt).where(sql`${t.state} = 'running'`),
    check('bulk_revocations_state', sql`${t.state} in ('prepared', 'running', 'finished')`),
    check('bulk_revocations_started', sql`(${t.state} = 'prepared') = (${t.startedAt} is null)`),
    check('bulk_revocations_finished', sql`(${t.state} = 'finished') = (${t.finishedAt} is not null)`),
  ],
);

export const bulkRevocationRows = pgTable(
  'bulk_revocation_rows',
  {
    bulkId: text().notNull(),
    personId: text().notNull(),
    connectionId: text().notNull(),
    provider: text().notNull(),
    state: text({ enum: bulkRowStates }).notNull().default('waiting'),
    code: text(),
    doneAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.bulkId, t.connectionId] }),
    foreignKey({ columns: [t.bulkId], foreignColumns: [bulkRevocations.id] }).onDelete('cascade'),
    index('bulk_revocation_rows_waiting').on(t.bulkId, t.connectionId).where(sql`${t.state} = 'waiting'`),
    check('bulk_revocation_rows_state', sql`${t.state} in ('waiting', 'revoked', 'revoked_before', 'failed')`),
  ],
);
