import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

export const alertStates = ['open', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];

export const alertSeverities = ['critical', 'warning', 'info'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** One thing that an alert was raised over, as the ledger or a check tells it: opaque ids, codes and addresses. */
export type AlertEvidence = Record<string, string | number | boolean | null>;

/** Something a rule found. Until it is resolved there is one of a rule and subject, however often it is found. */
export const alerts = pgTable(
  'alerts',
  {
    id: text().primaryKey(),
    rule: text().notNull(),
    /** A provider's or an API key's id, or a check's with its provider; empty for the whole hub. */
    subject: text().notNull().default(''),
    severity: text({ enum: alertSeverities }).notNull(),
    state: text({ enum: alertStates }).notNull().default('open'),
    /** The rule's last measure, and the largest since the alert was opened. */
    value: integer().notNull(),
    peak: integer().notNull(),
    /** How many events it stands for. */
    count: integer().notNull(),
    /** The last few of them. */
    evidence: jsonb().$type<AlertEvidence[]>().notNull().default([]),
    openedAt: instant().notNull(),
    /** When the rule last found it. */
    heldAt: instant().notNull(),
    acknowledgedAt: instant(),
    acknowledgedBy: text(),
    resolvedAt: instant(),
    /** A person's id, or `system` where nothing was found for long enough. */
    resolvedBy: text(),
    /** Until a mail told of it; null once a mail did, or where none is wanted. */
    mailDueAt: instant(),
  },
  (t) => [
    uniqueIndex('alerts_live').on(t.rule, t.subject).where(sql`${t.state} <> 'resolved'`),
    index('alerts_opened').on(t.openedAt, t.id),
    index('alerts_last').on(t.rule, t.subject, t.resolvedAt),
    index('alerts_mail').on(t.mailDueAt).where(sql`${t.mailDueAt} is not null`),
    check('alerts_state', sql`${t.state} in ('open', 'acknowledged', 'resolved')`),
    check('alerts_severity', sql`${t.severity} in ('critical', 'warning', 'info')`),
    check('alerts_resolved', sql`(${t.state} = 'resolved') = (${t.resolvedAt} is not null)`),
  ],
);

export const alertEventKinds = ['opened', 'reopened', 'acknowledged', 'resolved', 'noted'] as const;
export type AlertEventKind = (typeof alertEventKinds)[number];

/** The course of an alert, with the notes that people wrote about it. */
export const alertEvents = pgTable(
  'alert_events',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    alertId: text()
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    at: instant().notNull(),
    kind: text({ enum: alertEventKinds }).notNull(),
    /** A person's id, or `system`. */
    by: text().notNull(),
    note: text(),
  },
  (t) => [index('alert_events_alert').on(t.alertId, t.id)],
);

/** How many events of a kind there were in a span, counted once as the ledger settles, for rules that look at a window. */
export const alertCounts = pgTable(
  'alert_counts',
  {
    signal: text().notNull(),
    subject: text().notNull(),
    /** When the span began: a minute, or five for reads. */
    bucket: instant().notNull(),
    count: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.signal, t.subject, t.bucket] }),
    index('alert_counts_bucket').on(t.signal, t.bucket),
  ],
);

/**
 * How far the ledger has been read: one row. The holder of its lock evaluates. Its results and its position are
 * committed together, so that every entry counts once.
 */
export const alertProgress = pgTable(
  'alert_progress',
  {
    id: integer().primaryKey(),
    /** Every entry up to here has been counted. */
    readTo: instant(),
    /** From here on `event_hours` is whole; null while nothing has been counted there. */
    hoursFrom: instant(),
    /** Entries up to `fenceAt` are all there once the ledger has settled to `fencePosition` (see settled-horizon). */
    fencePosition: bigint({ mode: 'number' }),
    fenceAt: instant(),
    /** When each rule that is not read from the ledger was last looked at. */
    checkedAt: jsonb().$type<Record<string, string>>().notNull().default({}),
  },
  (t) => [check('alert_progress_one', sql`${t.id} = 1`)],
);

/** Numbers of rules that an administrator changed; a rule without a row has its defaults. */
export const alertRules = pgTable('alert_rules', {
  rule: text().primaryKey(),
  /** By name, and only where they differ from the rule's own. */
  numbers: jsonb().$type<Record<string, number>>().notNull(),
  changedAt: instant().notNull().defaultNow(),
  /** A person's id. */
  changedBy: text().notNull(),
});

/** The networks (/24, /48) from which a key has read tokens. */
export const keyNetworks = pgTable(
  'key_networks',
  {
    apiKeyId: text().notNull(),
    network: text().notNull(),
    firstSeenAt: instant().notNull(),
    lastSeenAt: instant().notNull(),
    reads: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.apiKeyId, t.network] }), index('key_networks_last_seen').on(t.lastSeenAt)],
);

/** How many events of a kind there have been since counting began: counters for Prometheus that never go back. */
export const eventTotals = pgTable(
  'event_totals',
  {
    action: text().notNull(),
    outcome: text().notNull(),
    /** Empty where it is about none. */
    provider: text().notNull(),
    total: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.action, t.outcome, t.provider] })],
);
