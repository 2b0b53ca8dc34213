import type { Rule } from '#lib/alerts/rule';

/** A number of a rule that administrators may set. */
export type NumberName =
  | 'threshold'
  | 'windowMinutes'
  | 'holdsAt'
  | 'quietMinutes'
  | 'coolDownMinutes'
  | 'factor'
  | 'floor'
  | 'leastHistoryMinutes'
  | 'withinDays'
  | 'longestMinutes';

interface Limits {
  least: number;
  most: number;
}

const day = 24 * 60;

/** Between which bounds each may lie. No window reaches further back than counts are kept. */
const numberLimits: Record<NumberName, Limits> = {
  threshold: { least: 1, most: 100_000 },
  windowMinutes: { least: 1, most: day },
  holdsAt: { least: 1, most: 100_000 },
  quietMinutes: { least: 1, most: 7 * day },
  coolDownMinutes: { least: 0, most: 7 * day },
  factor: { least: 2, most: 1_000 },
  floor: { least: 1, most: 1_000_000 },
  leastHistoryMinutes: { least: 10, most: day },
  withinDays: { least: 1, most: 90 },
  longestMinutes: { least: 1, most: 400 * day },
};

/** Further grants that are about to end are not counted (see `read-states.ts`). */
const mostGrants = 1_000;

/** Between which bounds a number of that rule may lie. */
export function limitsOf(rule: Rule, name: NumberName): Limits {
  const limits = numberLimits[name];
  const grants = name === 'threshold' && rule.kind === 'state' && rule.state === 'grants_dying';
  return grants ? { ...limits, most: mostGrants } : limits;
}

function own(rule: Rule): NumberName[] {
  switch (rule.kind) {
    case 'each':
      return [];
    case 'window':
      return rule.ends === 'by_itself' ? ['threshold', 'windowMinutes', 'holdsAt'] : ['threshold', 'windowMinutes'];
    case 'reads':
      return rule.reads === 'burst' ? ['factor', 'floor', 'leastHistoryMinutes'] : [];
    case 'state':
      // An administrator who may set numbers must not be able to hide this alert.
      if (rule.state === 'ledger_held_back' || rule.state === 'check_fails') return [];
      if (rule.state === 'long_lived_tokens') return ['longestMinutes'];
      return rule.state === 'grants_dying' ? ['withinDays', 'threshold'] : ['threshold'];
  }
}

/** The numbers of a rule that may be set, in the order in which a person thinks of them. */
export function numbersOf(rule: Rule): { name: NumberName; value: number }[] {
  const names = [...own(rule), ...(rule.ends === 'by_itself' ? (['quietMinutes', 'coolDownMinutes'] as const) : [])];
  const values = rule as unknown as Record<NumberName, number>;
  return names.map((name) => ({ name, value: values[name] }));
}

/**
 * The rule with other numbers. A name that is no number of it, or a value outside of the bounds, counts as absent. The
 * number that keeps it open is never above the one that opens it.
 */
export function withNumbers<One extends Rule>(rule: One, numbers: Readonly<Record<string, unknown>>): One {
  const set: Partial<Record<NumberName, number>> = {};
  const settable = numbersOf(rule);
  for (const { name } of settable) {
    const value = numbers[name];
    const { least, most } = limitsOf(rule, name);
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) set[name] = value;
  }
  const follows = 'holdsAt' in rule && !settable.some(({ name }) => name === 'holdsAt');
  if (follows) set.holdsAt = Math.min(rule.holdsAt, set.threshold ?? rule.threshold);
  return { ...rule, ...set };
}
