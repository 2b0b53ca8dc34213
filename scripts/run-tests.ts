import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resultsFile } from '../lib/conformance/results.ts';
import { specifications } from '../lib/conformance/specifications.ts';
import type { RanTest, TestSummary } from '../tests/summary-reporter.ts';
import { conformancePage } from './conformance-page.ts';
import { conformanceResults, testsOf } from './conformance-results.ts';
import { getBrowser } from './find-browser.ts';
import { nearestTests, type Touched } from './nearest-tests.ts';
import { findPostgres, type PostgresServer, startPostgres } from './postgres-server.ts';
import { capture, endAll, onEnd, run } from './processes.ts';
import { build, isBuilt } from './production-build.ts';
import { canInstallPackages, installPackages } from './system-packages.ts';

type Outcome = Pick<TestSummary, 'passed' | 'failed'> & Partial<TestSummary>;

/**
 * Each step in its order. What a step cannot find it installs; what it cannot install fails it. `changed` runs only when
 * it is named: the nearest tests, without a server, that read what differs from a commit.
 */
const steps: Record<string, (extra: string[]) => Promise<Outcome>> = {
  types: async () => {
    const generated = await quietly('next', ['typegen']);
    return generated.failed > 0 ? generated : quietly('tsc', ['--noEmit']);
  },
  lint: (extra) => quietly('biome', ['ci', '--colors=off', ...extra]),
  unit: async (extra) => {
    await needPostgres();
    return counted('vitest', ['run', '--allowOnly=false', ...extra]);
  },
  changed: async ([since = 'HEAD', ...extra]) => {
    const { nearest, further } = await touchedSince(since);
    console.log(`${nearest.length} files of tests read what changed since ${since}.`);
    if (further > 0) console.log(`${further} more are further away: \`npm test -- unit\` runs them.`);
    if (nearest.length === 0) return { passed: 0, failed: 0 };
    const engines = ['--project', 'plain', '--project', 'pglite'];
    return counted('vitest', ['run', '--passWithNoTests', ...engines, ...extra, ...nearest]);
  },
  build: async () => {
    const fault = await build();
    if (fault === undefined) return { passed: 1, failed: 0 };
    console.log(fault);
    return { passed: 0, failed: 1 };
  },
  e2e: async (extra) => {
    await needPostgres();
    const fault = isBuilt() ? undefined : await build();
    if (fault !== undefined) throw new Error(`${fault}\nWithout a build there is nothing to run the stories against.`);
    process.env.CHROMIUM_PATH = await getBrowser();
    return counted('playwright', ['test', ...extra]);
  },
};

const workFolder = mkdtempSync(join(tmpdir(), 'grantkeep-tests-'));
// Hundreds of processes load the same code: a compiled copy saves each of them a quarter of its start.
process.env.NODE_COMPILE_CACHE ??= join(workFolder, 'compiled');
let server: PostgresServer | undefined;
let interrupted = false;

async function main(): Promise<void> {
  const [chosen, extra] = choose(process.argv.slice(2));
  const total = { passed: 0, failed: 0 };
  const failures: string[] = [];
  const ran: RanTest[] = [];
  const began = Date.now();
  for (const name of chosen) {
    console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`);
    const [stepBegan, processorBegan] = [Date.now(), processorSeconds()];
    const outcome = await attempt(name, extra);
    if (interrupted) return;
    total.passed += outcome.passed;
    total.failed += outcome.failed;
    ran.push(...(outcome.ran ?? []));
    if (outcome.failed > 0) failures.push(...(outcome.failures ?? [`${name}: see above`]));
    const processor = Math.round(processorSeconds() - processorBegan);
    console.log(
      `${outcome.failed > 0 ? '✗' : '✓'} ${name}: ${outcome.passed} ok, ${outcome.failed} not, ${seconds(stepBegan)}, ${processor} s of the processor`,
    );
  }
  await cleanUp();
  if (process.argv.length === 2) {
    const missing = keepConformance(ran);
    total.failed += missing.length;
    failures.push(...missing);
  }
  // The end of a long output is what a reader, and what keeps its last lines only, sees first.
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
  console.log(`\nThe whole took ${seconds(began)}.`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

/** The step names that lead the arguments (when there are none, all but `changed`), and the arguments after them. */
function choose(args: string[]): [names: string[], extra: string[]] {
  const known = Object.keys(steps);
  const firstOther = args.findIndex((arg) => !known.includes(arg));
  const names = firstOther === -1 ? args : args.slice(0, firstOther);
  const extra = firstOther === -1 ? [] : args.slice(firstOther);
  if (extra.length > 0 && names.length !== 1) {
    console.error(`Usage: npm test -- [${known.join('|')} …]; further arguments may follow a single step.`);
    process.exit(2);
  }
  const all = known.filter((name) => name !== 'changed');
  return [names.length > 0 ? known.filter((name) => names.includes(name)) : all, extra];
}

async function attempt(name: string, extra: string[]): Promise<Outcome> {
  try {
    return (await steps[name]?.(extra)) ?? { passed: 0, failed: 1 };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

/** Keeps the results of the tests that the map of clauses names. A test that a whole run left out is a failure. */
function keepConformance(ran: readonly RanTest[]): string[] {
  const results = conformanceResults(testsOf(specifications), ran);
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync('docs/conformance.md', conformancePage(results));
  return Object.entries(results.tests)
    .filter(([, result]) => result === 'did_not_run')
    .map(([name]) => `conformance: did not run: ${name}`);
}

/** The tests that read what differs from a commit, and what is not committed yet. */
async function touchedSince(commit: string): Promise<Touched> {
  const git = async (...args: string[]) => {
    const { status, output } = await capture('git', args);
    if (status !== 0) throw new Error(output.trim());
    return output.split('\n').filter(Boolean);
  };
  const changed = await git('diff', '--name-only', commit, '--');
  const others = await git('ls-files', '--others', '--exclude-standard');
  const files = [...(await git('ls-files')), ...others].filter((file) => /\.(?:tsx?|mjs)$/.test(file));
  const sources = new Map(files.filter((file) => existsSync(file)).map((file) => [file, readFileSync(file, 'utf8')]));
  const { imports } = JSON.parse(readFileSync('package.json', 'utf8')) as { imports: Record<string, string> };
  return nearestTests([...changed, ...others], sources, imports);
}

/** Runs a check that counts as one; its output is shown when it fails. */
async function quietly(command: string, args: string[]): Promise<Outcome> {
  const { status, output } = await capture(command, args);
  if (status === 0) return { passed: 1, failed: 0 };
  console.log(output.trimEnd());
  return { passed: 0, failed: 1 };
}

/** Runs a test runner with a reporter that writes its counts to TEST_SUMMARY_FILE. */
async function counted(command: string, args: string[]): Promise<Outcome> {
  const file = join(workFolder, `${command}.json`);
  const status = await run(command, args, { env: { ...process.env, TEST_SUMMARY_FILE: file } });
  const summary = readSummary(file);
  // A runner can fail without a failed test: a server that does not start.
  return status !== 0 && summary.failed === 0 ? { passed: summary.passed, failed: 1 } : summary;
}

function readSummary(file: string): Outcome {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Outcome;
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function needPostgres(): Promise<void> {
  if (process.env.TEST_DATABASE_URL) return;
  if (!findPostgres() && !(canInstallPackages() && (await installPackages('postgresql')))) {
    throw new Error(
      'PostgreSQL was not found and could not be installed. Install it, or set TEST_DATABASE_URL to a server.',
    );
  }
  server = await startPostgres();
  process.env.TEST_DATABASE_URL = server.url;
}

async function cleanUp(): Promise<void> {
  // Vitest and Playwright end cleanly on SIGINT only.
  await endAll('SIGINT');
  await server?.stop();
}

/** What the programs took that this process started and that have ended; PostgreSQL runs on. 0 where /proc is missing. */
function processorSeconds(): number {
  if (!existsSync('/proc/self/stat')) return 0;
  // proc_pid_stat(5): cutime and cstime, in hundredths of a second.
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

process.once('exit', () => rmSync(workFolder, { recursive: true, force: true }));
onEnd(async (status) => {
  interrupted = true;
  await cleanUp();
  console.error('Interrupted.');
  process.exit(status);
});
await main();
