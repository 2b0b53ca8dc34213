import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import { ONLY_WITH_CONNECTIONS } from './connections-tag.ts';

/** A test that ran. */
export interface RanTest {
  /** From the top of the repository. */
  file: string;
  /** The titles of its groups, the outermost first, and its own. */
  path: string[];
  passed: boolean;
}

/** What `scripts/run-tests.ts` reads after a run. */
export interface TestSummary {
  passed: number;
  failed: number;
  ran: RanTest[];
  /** A line or two for each failure: where it is, its name and how its message begins. */
  failures: string[];
}

/** How much of a message the summary repeats; the runner has printed the whole of it above. */
const LONGEST_MESSAGE = 400;

/** What the summary says of one failure: in which file, of which test, and the beginning of the first message. */
export function describeFailure(file: string, name: string, message = ''): string {
  const beginning = stripVTControlCharacters(message).trim().slice(0, LONGEST_MESSAGE).replaceAll('\n', '\n    ');
  return beginning ? `${file}: ${name}\n    ${beginning}` : `${file}: ${name}`;
}

/** The titles of the groups around a test, and its own. */
function pathOf({ name, parent }: TestCase | TestSuite): string[] {
  return [...(parent.type === 'suite' ? pathOf(parent) : []), name];
}

/**
 * Counts the tests, prints the ones that PostgreSQL alone can run, and fails a run that skipped another test. With
 * TEST_SUMMARY_FILE set it writes the counts there as JSON.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const failures = unhandled.map((error) => describeFailure('outside of any test', error.name ?? '', error.message));
    let passed = 0;
    const ran: RanTest[] = [];
    const onlyPostgres = new Set<string>();
    const skipped: string[] = [];
    for (const module of modules) {
      const file = [module.project.name, module.relativeModuleId].filter(Boolean).join(' ');
      for (const error of module.errors()) failures.push(describeFailure(file, 'does not load', error.message));
      for (const suite of module.children.allSuites())
        for (const error of suite.errors()) failures.push(describeFailure(file, suite.fullName, error.message));
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state !== 'skipped')
          ran.push({ file: module.relativeModuleId, path: pathOf(test), passed: state === 'passed' });
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failures.push(describeFailure(file, test.fullName, errors[0]?.message));
        else if (test.fullName.includes(ONLY_WITH_CONNECTIONS))
          onlyPostgres.add(`${module.relativeModuleId}: ${test.fullName}`);
        else if (test.options.mode !== 'run') skipped.push(`${module.relativeModuleId}: ${test.fullName}`);
      }
    }
    if (onlyPostgres.size > 0) {
      console.info(`\nNeed several connections, so they run on PostgreSQL only (${onlyPostgres.size}):`);
      for (const name of onlyPostgres) console.info(`  ${name}`);
    }
    if (skipped.length > 0) {
      console.info(`\nSkipped, which counts as failed (${skipped.length}):`);
      for (const name of skipped) console.info(`  ${name}`);
      failures.push(...skipped.map((name) => `skipped: ${name}`));
      process.exitCode = 1;
    }
    const file = process.env.TEST_SUMMARY_FILE;
    const summary: TestSummary = { passed, failed: failures.length, ran, failures };
    if (file) writeFileSync(file, JSON.stringify(summary));
  }
}
