import type { Rule } from '#lib/alerts/rule';
import type { AlertEventKind, AlertEvidence, AlertSeverity, AlertState } from '#lib/db/schema/alerts';
import type { LedgerAction } from '#lib/ledger/actions';

/** The kinds of subject that have a name and a page. */
export type SubjectKind = Exclude<Rule['subject'], 'hub'>;

/** An alert as pages show it. Names are looked up when it is shown. */
export interface AlertView {
  id: string;
  rule: string;
  /** Whether this build has that rule. */
  known: boolean;
  title: string;
  about: string;
  severity: AlertSeverity;
  state: AlertState;
  /** Its subject; null for the whole hub. `name` is null where the subject is gone. */
  subject: { kind: SubjectKind; id: string; name: string | null } | null;
  value: number;
  peak: number;
  count: number;
  openedAt: Date;
  heldAt: Date;
  acknowledgedAt: Date | null;
  resolvedAt: Date | null;
  resolvedBy: string | null;
  /** Whether only a person ends it. */
  endsByPerson: boolean;
  /** The unit of `value` and `peak`; null where they say nothing that `count` does not. */
  measure: string | null;
  /** Whether it stands for events, which `count` counts, and not for a state. */
  ofEvents: boolean;
  /** The entries of the ledger that it looks at, and from when on they matter to this alert; none for a state. */
  entries: { actions: { action: LedgerAction; sentence: string }[]; from: Date };
}

export interface AlertEventView {
  at: Date;
  kind: AlertEventKind;
  /** Null: the hub itself. */
  by: { id: string; name: string | null } | null;
  note: string | null;
}

/** One with what it was raised over and what became of it. */
export interface AlertDetailView extends AlertView {
  evidence: AlertEvidence[];
  /** In the order of time. */
  events: AlertEventView[];
  /** There are events before these: before the event with this number. */
  earlierThan: number | null;
}
