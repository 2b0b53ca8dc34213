import type { Rule } from '#lib/alerts/rule';
import { withNumbers } from '#lib/alerts/rule-numbers';
import { rules } from '#lib/alerts/rules';
import type { Db } from '#lib/db/database';
import { alertRules } from '#lib/db/schema/alerts';

/** The rules with the numbers that administrators have set, in the order of the list. */
export async function currentRules(db: Db): Promise<Rule[]> {
  const set = await db.select({ rule: alertRules.rule, numbers: alertRules.numbers }).from(alertRules);
  return rules.map((rule) => withNumbers(rule, set.find((one) => one.rule === rule.id)?.numbers ?? {}));
}
