import { eq } from 'drizzle-orm';
import { endsAt, opensAt } from '#lib/alerts/describe-rule';
import type { Rule } from '#lib/alerts/rule';
import { limitsOf, type NumberName, numbersOf, withNumbers } from '#lib/alerts/rule-numbers';
import { rules } from '#lib/alerts/rules';
import type { Context } from '#lib/context';
import type { AlertSeverity } from '#lib/db/schema/alerts';
import { alertRules } from '#lib/db/schema/alerts';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';

export interface RuleNumberView {
  name: NumberName;
  value: number;
  /** The rule's own value. */
  own: number;
  least: number;
  most: number;
}

/** A rule as pages show it, with its numbers as they are set. */
export interface RuleView {
  id: string;
  title: string;
  about: string;
  severity: AlertSeverity;
  /** In words. */
  opens: string;
  ends: string;
  /** What a `threshold` of it counts. */
  counts: 'events' | 'minutes' | 'grants' | 'reviews';
  /** The numbers that may be set; empty where the rule has none. */
  numbers: RuleNumberView[];
  /** The administrator who set them; null where they are the rule's own. */
  changed: { at: Date; by: { id: string; name: string | null } } | null;
}

function countsOf(rule: Rule): RuleView['counts'] {
  if (rule.kind !== 'state') return 'events';
  if (rule.state === 'reviews_overdue') return 'reviews';
  return rule.state === 'provider_failing' || rule.state === 'key_service_down' ? 'minutes' : 'grants';
}

/**
 * The rules, in the order of their weight.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listRules(ctx: Context): Promise<RuleView[]> {
  requireReader(ctx);
  const set = await ctx.database.db
    .select({
      rule: alertRules.rule,
      numbers: alertRules.numbers,
      at: alertRules.changedAt,
      by: alertRules.changedBy,
      name: people.name,
      email: people.email,
    })
    .from(alertRules)
    .leftJoin(people, eq(people.id, alertRules.changedBy));
  return rules.map((own) => {
    const row = set.find((one) => one.rule === own.id);
    const rule = withNumbers(own, row?.numbers ?? {});
    const { id, title, about, severity } = rule;
    const numbers = numbersOf(rule).map(({ name, value }, at) => ({
      name,
      value,
      own: numbersOf(own)[at]?.value ?? value,
      ...limitsOf(own, name),
    }));
    const counts = countsOf(rule);
    const changed = row && numbers.some(({ value, own }) => value !== own);
    return {
      id,
      title,
      about,
      severity,
      opens: opensAt(rule),
      ends: endsAt(rule),
      counts,
      numbers,
      changed: changed ? { at: row.at, by: { id: row.by, name: row.name ?? row.email } } : null,
    };
  });
}

/**
 * One rule.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getRule(ctx: Context, { id }: { id: string }): Promise<RuleView> {
  const rule = (await listRules(ctx)).find((one) => one.id === id);
  if (!rule) throw new AppError('not_found');
  return rule;
}
