import { span } from '#lib/alerts/describe-rule';
import { burstSpan, type Rule } from '#lib/alerts/rule';
import type { AlertView, SubjectKind } from '#lib/alerts/views';
import { alerts } from '#lib/db/schema/alerts';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';

/** The named columns of a view. */
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

/** The measure of a rule, in words; null where that is the number of new events alone. */
function measureOf(rule: Rule | undefined): string | null {
  switch (rule?.kind) {
    case 'window':
      return `within ${span(rule.windowMinutes)}`;
    case 'reads':
      return rule.reads === 'burst' ? `reads within ${span(burstSpan.minutes)}` : null;
    case 'state':
      if (rule.state === 'provider_failing' || rule.state === 'key_service_down') return 'minutes without an answer';
      if (rule.state === 'ledger_held_back') return 'minutes held back';
      if (rule.state === 'reviews_overdue') return 'reviews';
      return rule.state === 'grants_dying' ? 'grants' : null;
    default:
      return null;
  }
}

/** The part of the ledger that a rule reads. */
function actionsOf(rule: Rule | undefined): readonly LedgerAction[] {
  if (rule?.kind === 'each' || rule?.kind === 'window') return rule.match.actions;
  if (rule?.kind !== 'reads') return [];
  return rule.reads === 'unexpected_address' ? ['token.vended', 'token.denied'] : ['token.vended'];
}

/** Minutes before an alert opened in which what it was opened over may lie, beside its window: it is a minute's tick. */
const leewayMinutes = 10;

/** A row as it is shown; `nameOf` knows the names of providers and keys, `rules` are the rules that hold now. */
export function toAlertView(
  row: AlertRow,
  rules: readonly Rule[],
  nameOf: (kind: SubjectKind, id: string) => string | null,
): AlertView {
  const rule = rules.find(({ id }) => id === row.rule);
  const kind = rule && rule.subject !== 'hub' ? rule.subject : 'provider';
  const before = rule?.kind === 'window' ? rule.windowMinutes : 0;
  return {
    ...row,
    known: rule !== undefined,
    title: rule?.title ?? row.rule,
    about: rule?.about ?? 'A rule of an earlier version of this hub.',
    subject: row.subject === '' ? null : { kind, id: row.subject, name: nameOf(kind, row.subject) },
    endsByPerson: rule?.ends !== 'by_itself',
    measure: measureOf(rule),
    ofEvents: rule?.kind !== 'state',
    entries: {
      actions: actionsOf(rule).map((action) => ({ action, sentence: ledgerActions[action] })),
      from: new Date(row.openedAt.getTime() - (leewayMinutes + before) * 60_000),
    },
  };
}
