import type { AlertSeverity } from '#lib/db/schema/alerts';
import type { LedgerAction } from '#lib/ledger/actions';

/** Which entries of the ledger a rule looks at; without `codes`, `outcome` or `state`, those with any. */
export interface Match {
  actions: readonly LedgerAction[];
  codes?: readonly string[];
  outcome?: 'ok' | 'refused' | 'failed';
  /** The state that the entry's details name. */
  state?: 'pending' | 'failed';
}

interface RuleBase {
  id: string;
  title: string;
  /** What it means and what to do first, for the page and the mail. */
  about: string;
  severity: AlertSeverity;
  /** What there is one alert for: each provider, each API key, each check (`pkce/google`), or the hub. */
  subject: 'provider' | 'api_key' | 'check' | 'hub';
  /** Whether it is over when nothing is found any more, or when a person says so. */
  ends: 'by_itself' | 'by_person';
  /** Minutes for which nothing must be found until it is over by itself. */
  quietMinutes: number;
  /** Minutes after such an end within which the same alert comes back, without a new mail or webhook. */
  coolDownMinutes: number;
}

/** Opens with a single event. */
export interface EachRule extends RuleBase {
  kind: 'each';
  match: Match;
}

/** Opens at `threshold` events within the window, and holds down to `holdsAt`. */
export interface WindowRule extends RuleBase {
  kind: 'window';
  match: Match;
  windowMinutes: number;
  threshold: number;
  holdsAt: number;
}

/** Reads of tokens themselves, which are far too many to be looked at one by one. */
export interface ReadsRule extends RuleBase {
  kind: 'reads';
  reads: 'unexpected_address' | 'new_network';
}

/** Many more reads of a key than it used to make. */
export interface BurstRule extends RuleBase {
  kind: 'reads';
  reads: 'burst';
  /** How many times the busiest span of its baseline. */
  factor: number;
  /** Reads that are no burst whatever the baseline. */
  floor: number;
  /** How long the key must have been reading: before, it has no baseline. */
  leastHistoryMinutes: number;
}

/** A state that is looked at every few minutes. */
interface LookedAt extends RuleBase {
  kind: 'state';
  everyMinutes: number;
  threshold: number;
  holdsAt: number;
}

/** `threshold` are minutes without an answer. */
export interface FailingRule extends LookedAt {
  state: 'provider_failing';
}

/** `threshold` are grants. */
export interface ExpiringRule extends LookedAt {
  state: 'grants_dying';
  withinDays: number;
}

export interface LongLivedRule extends LookedAt {
  state: 'long_lived_tokens';
  /** Access tokens that live longer go against the policy. */
  longestMinutes: number;
}

/** `threshold` are minutes for which one transaction has kept the ledger from settling. */
export interface HeldBackRule extends LookedAt {
  state: 'ledger_held_back';
}

/** A check of the checklist fails. The severity of the rule says which checks it looks at. */
export interface CheckRule extends LookedAt {
  state: 'check_fails';
  severity: 'critical' | 'warning';
}

/** `threshold` are reviews past their date. */
export interface OverdueRule extends LookedAt {
  state: 'reviews_overdue';
}

/** `threshold` are minutes for which the service of the root key has not answered the process that looks. */
export interface KeyServiceRule extends LookedAt {
  state: 'key_service_down';
}

export type StateRule =
  | FailingRule
  | ExpiringRule
  | LongLivedRule
  | HeldBackRule
  | CheckRule
  | OverdueRule
  | KeyServiceRule;
export type Rule = EachRule | WindowRule | ReadsRule | BurstRule | StateRule;

/** The span of the compared reads, in minutes, and the hours before it that are the baseline. */
export const burstSpan = { minutes: 5, baselineHours: 24 };
