import { conditionRules } from '#lib/alerts/condition-rules';
import { incidentRules } from '#lib/alerts/incident-rules';
import type { Rule } from '#lib/alerts/rule';

/**
 * Everything that raises an alert. The condition and the end of each rule are data; nothing else decides.
 * Administrators may set their numbers (`current-rules.ts`).
 */
export const rules: readonly Rule[] = [...incidentRules, ...conditionRules];

/** The rule of that id; undefined for one of an earlier build. */
export function ruleOf(id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}
