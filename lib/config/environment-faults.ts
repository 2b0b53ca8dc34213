import type { z } from 'zod';
import { type Environment, environmentSchema } from '#lib/config/environment';
import { type Source, writtenFaults } from '#lib/config/written-values';

/** A broken rule of a number or of a choice, as its writer reads it. Undefined: the rule has a sentence of its own. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'must be a whole number' : `must be a ${issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.join(', ').replace(/, ([^,]+)$/, ' or $1')}`;
    case 'too_small':
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return undefined;
  }
}

/** Values that break no rule, for required and faulty variables, while the rules between variables are checked. */
const standIns: Source = {
  APP_URL: 'http://localhost',
  SESSION_PASSWORD: 'x'.repeat(32),
};

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** The variables that the hub reads. Those of proxies may hold anything while their switch is off. */
const readNames = ({ NODE_USE_ENV_PROXY }: Source): string[] =>
  Object.keys(environmentSchema.shape).filter((name) => NODE_USE_ENV_PROXY === '1' || !proxies.includes(name));

/**
 * Each variable by its own rule, and the names of the variables that break it; a faulty one then counts as not set.
 * @param faults takes the faults, each with the name of its variable
 * @param unread the faults of secrets that could not be read from their files
 */
export function parseEnvironment(
  source: Source,
  faults: string[],
  unread: readonly string[] = [],
): { env: Environment; faulty: Set<string> } {
  const miswritten = writtenFaults(source, readNames(source));
  faults.push(...unread, ...miswritten.map(([, fault]) => fault));
  const faulty = new Set(unread.map((fault) => fault.slice(0, fault.indexOf('_FILE:'))));
  for (const [name] of miswritten) faulty.add(name);
  const parsed = environmentSchema.safeParse(source, { error: sentenceOf });
  if (parsed.success && faulty.size === 0) return { env: parsed.data, faulty };
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (faulty.has(name)) continue;
    faulty.add(name);
    faults.push(`${name}: ${source[name] === undefined ? 'is required' : issue.message}`);
  }
  const rest = Object.entries(source).filter(([name]) => !faulty.has(name));
  return { env: environmentSchema.parse({ ...standIns, ...Object.fromEntries(rest) }), faulty };
}
