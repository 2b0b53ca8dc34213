import { type SQL, sql } from 'drizzle-orm';
import { matches, network, refusedAddress } from '#lib/alerts/read-slice';
import { burstSpan, type Rule } from '#lib/alerts/rule';
import { ruleOf } from '#lib/alerts/rules';
import type { AlertDetailView } from '#lib/alerts/views';

/** A span of the ledger, and which of its entries `l` belong to an incident. */
export interface IncidentEntries {
  from: Date;
  to: Date;
  where: SQL;
}

type Evidence = AlertDetailView['evidence'];

const moment = (at: Date) => sql`${at.toISOString()}::timestamptz`;
const texts = (evidence: Evidence, name: string): string[] =>
  evidence.flatMap((one) => (typeof one[name] === 'string' ? [one[name]] : []));

/** The connections that the alert itself names. */
export const namedConnections = ({ evidence }: Pick<AlertDetailView, 'evidence'>): string[] => [
  ...new Set(texts(evidence, 'connection')),
];

/** True for what the rule looks for; null for a rule about a state. */
function soughtBy(rule: Rule | undefined, evidence: Evidence): SQL | null {
  if (rule?.kind === 'each' || rule?.kind === 'window') return matches(rule.match);
  if (rule?.kind !== 'reads') return null;
  const read = sql`l.action = 'token.vended'`;
  switch (rule.reads) {
    case 'burst':
      return read;
    case 'unexpected_address':
      return sql`((${read} and l.details ? 'unexpected_ip') or (${matches(refusedAddress)}))`;
    case 'new_network': {
      const found = texts(evidence, 'network').map((one) => sql`${one}`);
      return found.length > 0 ? sql`${read} and ${network} in (${sql.join(found, sql`, `)})` : read;
    }
  }
}

const aboutOf: Record<'provider' | 'api_key', SQL> = { provider: sql`l.provider`, api_key: sql`l.api_key_id` };

/** When a burst ended: it is found for as long as its span is looked at. */
function burstEnd(alert: AlertDetailView): Date {
  return new Date(alert.heldAt.getTime() + burstSpan.minutes * 60_000);
}

/** The beginning of what was measured first, where that was a span. */
function burstBegin(alert: AlertDetailView): Date {
  const begins = texts(alert.evidence, 'at').map((at) => Date.parse(at));
  return new Date(Math.min(alert.openedAt.getTime(), ...begins.filter(Number.isFinite)));
}

/** The entries that an alert stands for, up to its end or to now; null for one about a state. */
export function entriesOf(alert: AlertDetailView, now: Date): IncidentEntries | null {
  const rule = ruleOf(alert.rule);
  const sought = soughtBy(rule, alert.evidence);
  if (!sought) return null;
  const burst = rule?.kind === 'reads' && rule.reads === 'burst';
  const from = burst ? burstBegin(alert) : alert.entries.from;
  const end = alert.resolvedAt ?? now;
  const to = burst && burstEnd(alert) < end ? burstEnd(alert) : end;
  const { subject } = alert;
  const about = subject && subject.kind !== 'check' ? sql`and ${aboutOf[subject.kind]} = ${subject.id}` : sql``;
  return { from, to, where: sql`l.at >= ${moment(from)} and l.at <= ${moment(to)} and ${sought} ${about}` };
}
