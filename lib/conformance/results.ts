import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { once } from '#lib/process-parts';

/** The file that the last whole run of the tests wrote, from the top of this repository. */
export const resultsFile = 'docs/conformance-results.json';

const testResults = ['passed', 'failed', 'did_not_run'] as const;
export type TestResult = (typeof testResults)[number];

/** What became of the map's tests in the last whole run. */
const conformanceResultsSchema = z.object({
  /** When the run ended. */
  at: z.iso.datetime(),
  /** The commit that it ran at; null outside of a repository. */
  commit: z.string().nullable(),
  /** Whether files differed from that commit. */
  changed: z.boolean(),
  tests: z.record(z.string(), z.enum(testResults)),
});
export type ConformanceResults = z.infer<typeof conformanceResultsSchema>;

/** The results of the last whole run below `root`; null where there are none that can be read. */
export function readResults(root: string): ConformanceResults | null {
  try {
    const parsed = conformanceResultsSchema.safeParse(JSON.parse(readFileSync(join(root, resultsFile), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** The results that came with this build, read once. */
export const lastResults = (): ConformanceResults | null =>
  once('conformance-results', () => readResults(process.cwd()));
