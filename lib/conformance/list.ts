import {
  type Clause,
  type ClauseState,
  clauseStates,
  type Specification,
  type TestName,
} from '#lib/conformance/clause';
import { lastResults, type TestResult } from '#lib/conformance/results';
import { specifications } from '#lib/conformance/specifications';
import type { Context } from '#lib/context';
import { requireReader } from '#lib/guards/require';

export type StateCounts = Record<ClauseState, number>;

/** A test of a clause. `result` is null where no whole run left one. */
export interface TestView {
  file: string;
  title: string;
  result: TestResult | null;
}

export type ClauseView = Omit<Clause, 'code' | 'tests'> & { code: readonly string[]; tests: TestView[] };

export interface SpecificationView extends Omit<Specification, 'clauses'> {
  counts: StateCounts;
  /** The clauses that the filter lets through. */
  clauses: ClauseView[];
}

export interface ConformanceView {
  specifications: SpecificationView[];
  counts: StateCounts;
  /** The run that the results are of; null where none came with this build. */
  run: { at: Date; commit: string | null; changed: boolean } | null;
}

export interface ConformanceFilter {
  specification?: string | undefined;
  /** `gaps`: all that is not met, or is met in part. */
  state?: ClauseState | 'gaps' | undefined;
}

function letsThrough({ specification, state }: ConformanceFilter, of: Specification, clause: Clause): boolean {
  if (specification !== undefined && specification !== of.id) return false;
  if (state === 'gaps') return clause.state === 'not_met' || clause.state === 'partly';
  return state === undefined || state === clause.state;
}

export const countStates = (clauses: readonly Clause[]): StateCounts =>
  Object.fromEntries(
    clauseStates.map((state) => [state, clauses.filter((clause) => clause.state === state).length]),
  ) as StateCounts;

/** Cuts the name of a test into its file and the beginning of its title. */
export function partsOf(name: TestName): { file: string; title: string } {
  const at = name.indexOf(' > ');
  return { file: name.slice(0, at), title: name.slice(at + 3) };
}

/**
 * The map of the clauses with the last results of their tests. Counts are of all clauses, whatever the filter.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export function listConformance(ctx: Context, filter: ConformanceFilter = {}): ConformanceView {
  requireReader(ctx);
  const results = lastResults();
  const viewOf = (clause: Clause): ClauseView => ({
    ...clause,
    code: clause.code ?? [],
    tests: (clause.tests ?? []).map((name) => ({ ...partsOf(name), result: results?.tests[name] ?? null })),
  });
  return {
    specifications: specifications.map((specification) => ({
      ...specification,
      counts: countStates(specification.clauses),
      clauses: specification.clauses.filter((clause) => letsThrough(filter, specification, clause)).map(viewOf),
    })),
    counts: countStates(specifications.flatMap(({ clauses }) => clauses)),
    run: results && { at: new Date(results.at), commit: results.commit, changed: results.changed },
  };
}
