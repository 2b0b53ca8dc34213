import { sql } from 'drizzle-orm';
import { bigint, check, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** `local`: of `VAULT_KEYS`. `data`: made by the hub, kept here wrapped by a root key. */
export const vaultKeyKinds = ['local', 'data'] as const;
export type VaultKeyKind = (typeof vaultKeyKinds)[number];

/** Ids of the keys that sealed something. Never a key. */
export const vaultKeys = pgTable(
  'vault_keys',
  {
    kid: text().primaryKey(),
    kind: text({ enum: vaultKeyKinds }).notNull().default('local'),
    firstUsedAt: instant().notNull().defaultNow(),
    /** Of a data key: since when it seals. Null until every running process holds it. The newest one seals. */
    sealsFrom: instant(),
    /** When nothing was found any more that it had sealed. A process that seals with it clears this. */
    retiredAt: instant(),
    /** Of a data key: when its wrapped forms were deleted, after which no process can open anything under it. */
    destroyedAt: instant(),
    /** Of a data key: tells whether a root gave this very key (`checkOfKey`). Null until a process has held it. */
    checkValue: text(),
    /** Rows that a process without the key found sealed with it as it started. */
    missingRows: integer().notNull().default(0),
    /** Rows by table and column, as they were counted last. */
    rows: jsonb().$type<Record<string, number>>().notNull().default({}),
    countedAt: instant(),
    /** Since when values of earlier builds, without a digest of what they are for, are refused. */
    unboundOverAt: instant(),
  },
  (t) => [check('vault_keys_kind', sql`${t.kind} in ('local', 'data')`)],
);

/** Data keys, each wrapped by one root key or several. A root changes by one more row for each key. */
export const vaultWrappings = pgTable(
  'vault_wrappings',
  {
    kid: text()
      .notNull()
      .references(() => vaultKeys.kid),
    /** The root key's name: a key id of `VAULT_KEYS`, or an entry of `VAULT_ROOT`. */
    root: text().notNull(),
    wrapped: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.kid, t.root] })],
);

export const resealStates = ['running', 'paused', 'done'] as const;
export type ResealState = (typeof resealStates)[number];

/** A walk over all stored values that seals them anew. Batches go on where the last one ended, on any process. */
export const vaultReseals = pgTable(
  'vault_reseals',
  {
    id: text().primaryKey(),
    state: text({ enum: resealStates }).notNull(),
    /** The key that its values are sealed with. A newer one begins the walk again. */
    kid: text().notNull(),
    /** The last connection of the last batch. */
    afterPersonId: text(),
    afterId: text(),
    /** Rows that the walk has looked at, sealed anew, and could not open. */
    seen: bigint({ mode: 'number' }).notNull().default(0),
    resealed: bigint({ mode: 'number' }).notNull().default(0),
    skipped: bigint({ mode: 'number' }).notNull().default(0),
    /** Rows of connections as it began. */
    total: bigint({ mode: 'number' }).notNull().default(0),
    /** How often it began at the first row again, for rows that were in use. */
    walks: integer().notNull().default(1),
    /** Who began it: an id of a person, or the name of a part of the hub. */
    startedBy: text().notNull(),
    startedAt: instant().notNull().defaultNow(),
    /** Of its newest batch. */
    lastBatchAt: instant(),
    finishedAt: instant(),
  },
  (t) => [
    check('vault_reseals_state', sql`${t.state} in ('running', 'paused', 'done')`),
    // One at a time.
    uniqueIndex('vault_reseals_open').on(sql`(true)`).where(sql`${t.state} <> 'done'`),
  ],
);
