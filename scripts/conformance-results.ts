import { execFileSync } from 'node:child_process';
import type { Specification, TestName } from '#lib/conformance/clause';
import { partsOf } from '#lib/conformance/list';
import type { ConformanceResults, TestResult } from '#lib/conformance/results';
import type { RanTest } from '#tests/summary-reporter';

/** Every test that the map names, each once. */
export const testsOf = (specifications: readonly Specification[]): TestName[] =>
  [...new Set(specifications.flatMap(({ clauses }) => clauses.flatMap(({ tests }) => tests ?? [])))].sort();

/** The parts of a title that stand still: a table fills the others in. */
export const fixedParts = (title: string): string[] => title.split(/%[a-z#]|\$[\w.]+/);

/** What the title of a test begins with when it runs. */
function pattern(title: string): RegExp {
  return new RegExp(`^${fixedParts(title).map(RegExp.escape).join('.*')}`, 's');
}

/** What became of each named test: one failure among its rows or engines is a failure. */
export function resultsOf(names: readonly TestName[], ran: readonly RanTest[]): Record<string, TestResult> {
  const byFile = Map.groupBy(ran, ({ file }) => file);
  const resultOf = (name: TestName): TestResult => {
    const { file, title } = partsOf(name);
    const begins = pattern(title);
    const own = (byFile.get(file) ?? []).filter(({ path }) => path.some((part) => begins.test(part)));
    if (own.length === 0) return 'did_not_run';
    return own.some(({ passed }) => !passed) ? 'failed' : 'passed';
  };
  return Object.fromEntries(names.map((name) => [name, resultOf(name)]));
}

const git = (...args: string[]): string | null => {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
};

/** The results of a run that ended now, with the commit it ran at. */
export function conformanceResults(names: readonly TestName[], ran: readonly RanTest[]): ConformanceResults {
  return {
    at: new Date().toISOString(),
    commit: git('rev-parse', '--short=12', 'HEAD'),
    changed: Boolean(git('status', '--porcelain')),
    tests: resultsOf(names, ran),
  };
}
