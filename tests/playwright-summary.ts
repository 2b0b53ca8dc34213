import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { FullConfig, FullResult, Reporter, Suite, TestError } from '@playwright/test/reporter';
import { describeFailure, type RanTest, type TestSummary } from './summary-reporter.ts';

/** Counts the stories, a skipped one as failed, and writes counts and failures to TEST_SUMMARY_FILE where that is set. */
export default class PlaywrightSummary implements Reporter {
  #suite: Suite | undefined;
  #failures: string[] = [];

  onBegin(_config: FullConfig, suite: Suite): void {
    this.#suite = suite;
  }

  onError(error: TestError): void {
    this.#failures.push(describeFailure('outside of any story', '', error.message));
  }

  async onEnd(_result: FullResult): Promise<{ status?: FullResult['status'] } | undefined> {
    const failures = this.#failures;
    let passed = 0;
    const ran: RanTest[] = [];
    for (const test of this.#suite?.allTests() ?? []) {
      // The first three are the root, the project and the file.
      const path = test.titlePath().slice(3);
      if (test.outcome() !== 'skipped')
        ran.push({ file: relative('.', test.location.file), path, passed: test.outcome() === 'expected' });
      if (test.outcome() === 'expected') passed += 1;
      else
        failures.push(
          describeFailure(relative('.', test.location.file), test.title, test.results.at(-1)?.error?.message),
        );
    }
    const summary: TestSummary = { passed, failed: failures.length, ran, failures };
    const file = process.env.TEST_SUMMARY_FILE;
    if (file) writeFileSync(file, JSON.stringify(summary));
    return failures.length > 0 ? { status: 'failed' } : undefined;
  }

  printsToStdio(): boolean {
    return false;
  }
}
