import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { connections } from '#lib/db/schema/connections';
import { plainRecord } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { rounded } from './statistics.ts';

const accountsPerPerson = 4;

/** Faults as a real source has them, one after the other. */
const broken: readonly ((row: Record<string, unknown>) => unknown)[] = [
  () => '{"user_id": "cut off',
  (row) => ({ ...row, access_token: undefined }),
  (row) => ({ ...row, expires_at: 'tomorrow' }),
  (row) => ({ ...row, access_token: 'with\u0007a bell' }),
  (row) => ({ ...row, scopes: 7 }),
];

/** Writes the source, of which one row in `brokenEvery` is broken; answers how many are. */
async function writeSource(path: string, rows: number, brokenEvery: number): Promise<number> {
  const file = createWriteStream(path, { mode: 0o600 });
  let faults = 0;
  for (let n = 0; n < rows; n++) {
    const row = {
      user_id: `subject-${Math.floor(n / accountsPerPerson)}`,
      access_token: `at-${n}-${'x'.repeat(100)}`,
      refresh_token: `rt-${n}-${'y'.repeat(100)}`,
      expires_at: '2100-01-01T00:00:00Z',
      subject: `account-${n}`,
      scopes: 'read write',
    };
    const change = n % brokenEvery === brokenEvery - 1 ? broken[faults++ % broken.length] : undefined;
    const line = change ? change(row) : row;
    if (!file.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  return faults;
}

interface Run {
  seconds: number;
  /** The last line that the command prints. */
  counts: Record<string, number>;
  faultLines: Set<number>;
}

/** Runs the command as an operator does, with the source on standard input. */
async function runImport(source: string, environment: Record<string, string>, apply: boolean): Promise<Run> {
  const input = await open(source);
  const begun = performance.now();
  const args = ['import', '--from', 'jsonl', '--provider', 'acme', '--people', 'login', ...(apply ? ['--apply'] : [])];
  const child: ChildProcess = spawn(process.execPath, ['lib/cli/main.ts', ...args], {
    env: { NODE_ENV: 'production', PATH: process.env.PATH, ...environment },
    stdio: [input.fd, 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('no output');
  const ended = once(child, 'exit');
  const faultLines = new Set<number>();
  let last: Record<string, number> = {};
  for await (const text of createInterface({ input: child.stdout })) {
    last = JSON.parse(text);
    if (last.line !== undefined) faultLines.add(last.line);
  }
  const [status] = await ended;
  await input.close();
  // Faults end it with 1; anything else is a failure of its own.
  if (status !== 1 && status !== 0) throw new Error(`import ended with status ${status}`);
  return { seconds: (performance.now() - begun) / 1000, counts: last, faultLines };
}

/** Brings rows of another store in by the command line, with broken rows among them: a dry run, the import, and it again. */
export const importRows = defineBenchmark({
  about: 'imports rows with broken ones among them by the command line: dry run, import, and again',
  full: { rows: 100_000, broken_every: 100 },
  quick: { rows: 2_000, broken_every: 100 },
  run: async ({ rows, broken_every: brokenEvery }, stage) => {
    const at = 'http://127.0.0.1:9';
    const login = { ...plainRecord(at, 'login'), sign_in: true, code_challenge_methods_supported: ['S256'] };
    const { runtime, environment } = await stage.createDatabase('hub', [plainRecord(at), login]);
    const source = join(stage.folder, 'source.jsonl');
    const faults = await writeSource(source, rows, brokenEvery);
    const dry = await runImport(source, environment, false);
    const first = await runImport(source, environment, true);
    const again = await runImport(source, environment, true);
    const stored = await runtime.database.db.$count(connections);
    const good = rows - faults;
    const row = (name: string, { seconds, counts }: Run) => [
      name,
      ...[counts.would_import ?? 0, counts.imported ?? 0, counts.already_here ?? 0, counts.faults ?? 0],
      ...[rounded(seconds), rounded(rows / seconds)],
    ];
    const off = (found: number | undefined, wanted: number) => Math.abs((found ?? 0) - wanted);
    const goal = (name: string, value: number) => ({ goal: `${name} = 0`, value, reached: value === 0 });
    return {
      tables: [
        {
          title: `${rows} rows, ${faults} of them broken`,
          columns: ['run', 'would import', 'imported', 'already here', 'faults', 'seconds', 'rows a second'],
          rows: [row('dry run', dry), row('import', first), row('again', again)],
        },
      ],
      goals: [
        goal('rows that a dry run counts wrong', off(dry.counts.would_import, good) + off(dry.counts.faults, faults)),
        goal('good rows that did not come in', off(first.counts.imported, good) + off(stored, good)),
        goal('broken rows without a line of their own', off(first.faultLines.size, faults)),
        goal('rows that came in twice', off(again.counts.already_here, good) + (again.counts.imported ?? 0)),
      ],
      results: { dry: dry.counts, first: first.counts, again: again.counts, seconds: first.seconds },
    };
  },
});
