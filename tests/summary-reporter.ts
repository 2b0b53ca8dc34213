import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { ONLY_WITH_CONNECTIONS } from './connections-tag.ts';

/** What `scripts/run-tests.ts` reads after a run. */
export interface TestSummary {
  passed: number;
  failed: number;
}

/**
 * Counts the tests, prints those that PostgreSQL alone can run, and fails a run in which any other test was skipped.
 * With TEST_SUMMARY_FILE set it writes the counts there as JSON.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const summary: TestSummary = { passed: 0, failed: unhandled.length };
    const onlyPostgres = new Set<string>();
    const skipped: string[] = [];
    for (const module of modules) {
      summary.failed += module.errors().length;
      for (const suite of module.children.allSuites()) summary.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') summary.passed += 1;
        else if (state === 'failed') summary.failed += 1;
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
      summary.failed += skipped.length;
      process.exitCode = 1;
    }
    const file = process.env.TEST_SUMMARY_FILE;
    if (file) writeFileSync(file, JSON.stringify(summary));
  }
}
