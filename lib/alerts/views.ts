import type { Rule } from '#lib/alerts/rule';
import { ruleOf } from '#lib/alerts/rules';
import {
  type AlertEventKind,
  type AlertEvidence,
  type AlertSeverity,
  type AlertState,
  alerts,
} from '#lib/db/schema/alerts';

/** An alert as pages show it. Names are looked up when it is shown. */
export interface AlertView {
  id: string;
  rule: string;
  title: string;
  about: string;
  severity: AlertSeverity;
  state: AlertState;
  /** What it is about; null for the whole hub. `name` is null where it is not there any more. */
  subject: { kind: 'provider' | 'api_key'; id: string; name: string | null } | null;
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
  events: AlertEventView[];
}

export const alertColumns = {
  id: alerts.id,
  rule: alerts.rule,
  subject: alerts.subject,
  severity: alerts.severity,
  state: alerts.state,
  value: alerts.value,
  peak: alerts.peak,
  count: alerts.count,
  openedAt: alerts.openedAt,
  heldAt: alerts.heldAt,
  acknowledgedAt: alerts.acknowledgedAt,
  resolvedAt: alerts.resolvedAt,
  resolvedBy: alerts.resolvedBy,
};

export type AlertRow = Pick<typeof alerts.$inferSelect, keyof typeof alertColumns>;

/** A row as it is shown; `nameOf` knows the names of providers and keys. */
export function toAlertView(
  row: AlertRow,
  nameOf: (kind: 'provider' | 'api_key', id: string) => string | null,
): AlertView {
  const rule: Rule | undefined = ruleOf(row.rule);
  const kind = rule?.subject === 'api_key' ? 'api_key' : 'provider';
  return {
    ...row,
    title: rule?.title ?? row.rule,
    about: rule?.about ?? 'A rule of an earlier version of this hub.',
    subject: row.subject === '' ? null : { kind, id: row.subject, name: nameOf(kind, row.subject) },
    endsByPerson: rule?.ends !== 'by_itself',
  };
}
