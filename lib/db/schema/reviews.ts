import { sql } from 'drizzle-orm';
import { bigint, check, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

export const reviewPeriods = ['weekly', 'monthly', 'quarterly', 'on_change'] as const;
export type ReviewPeriod = (typeof reviewPeriods)[number];

export const findingResults = ['attention', 'fine', 'unknown'] as const;
/** `unknown`: the hub cannot know, and the person who signs off has to look elsewhere. */
export type FindingResult = (typeof findingResults)[number];

/** An act that a finding proposes: something that administrators can do already. */
export type FindingAct =
  | { kind: 'freeze'; scope: 'provider' | 'api_key' | 'person' | 'connection'; target: string }
  | { kind: 'revoke_many'; criteria: Record<string, string | number> }
  | { kind: 'drill'; provider: string };

/** One thing that a review found. Ids and codes only: names are looked up when it is shown. */
export interface Finding {
  result: FindingResult;
  /** The object: a provider, a key, a network, a scope. */
  subject: string;
  found: string;
  /** What the hub proposes to do; absent where nothing is to be done. */
  propose?: string;
  /** Numbers to compare, in the order in which they are shown. */
  figures?: { name: string; value: string }[];
  /** A page of the admin area with the rows. */
  href?: string;
  act?: FindingAct;
}

/** The findings of a review. Moments are ISO 8601. */
export interface Findings {
  /** The time that they are about. */
  from: string;
  to: string;
  items: Finding[];
  /** Further findings that were left out. */
  more: number;
}

/** A task of the playbook that is due once in its period, or after a change. */
export const reviews = pgTable(
  'reviews',
  {
    id: text().primaryKey(),
    /** Which task it is; `lib/reviews/tasks` has them. */
    task: text().notNull(),
    period: text({ enum: reviewPeriods }).notNull(),
    /** When its week, month or quarter (UTC) began; of a change, the moment of the change. */
    periodStart: instant().notNull(),
    dueAt: instant().notNull(),
    /** The person who is to do it; null: no person yet. */
    owner: text(),
    findings: jsonb().$type<Findings>(),
    findingsAt: instant(),
    signedOffAt: instant(),
    signedOffBy: text(),
    note: text(),
    /** When the next one took its place before it was signed off. */
    missedAt: instant(),
    /** When its owner is to be told next; null: no more. */
    mailDueAt: instant(),
    createdAt: instant().notNull(),
  },
  (t) => [
    uniqueIndex('reviews_once').on(t.task, t.periodStart),
    index('reviews_due').on(t.dueAt).where(sql`${t.signedOffAt} is null and ${t.missedAt} is null`),
    check('reviews_period', sql`${t.period} in ('weekly', 'monthly', 'quarterly', 'on_change')`),
    check('reviews_findings', sql`(${t.findings} is null) = (${t.findingsAt} is null)`),
    // No sign-off without findings, whatever the code above it does.
    check(
      'reviews_signed_off',
      sql`(${t.signedOffAt} is null) = (${t.signedOffBy} is null) and (${t.signedOffAt} is null or ${t.findingsAt} is not null)`,
    ),
    check('reviews_missed', sql`${t.signedOffAt} is null or ${t.missedAt} is null`),
  ],
);

/**
 * The scopes that services said they use when they fetched tokens. Empty scope: calls that said nothing, so that the
 * use of a provider's scopes cannot be known.
 */
export const statedScopes = pgTable(
  'stated_scopes',
  {
    provider: text().notNull(),
    apiKeyId: text().notNull(),
    scope: text().notNull(),
    calls: bigint({ mode: 'number' }).notNull(),
    firstAt: instant().notNull(),
    lastAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.scope, t.apiKeyId] })],
);
