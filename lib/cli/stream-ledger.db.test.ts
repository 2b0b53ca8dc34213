import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sealLedger } from '#lib/audit/seal-ledger';
import { startControlSocket } from '#lib/cli/control-socket';
import { UsageError } from '#lib/cli/invocation';
import { reconcileLedger } from '#lib/cli/reconcile-ledger';
import { streamLedger } from '#lib/cli/stream-ledger';
import { getCommandLineSettings } from '#lib/config/command-line';
import { parseConfig } from '#lib/config/config';
import { type Runtime, systemContext } from '#lib/context';
import { record } from '#lib/ledger/record';
import { engine, sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';

// Each run of the command line is a process of its own.
vi.setConfig({ testTimeout: 300_000 });

const database = sharedDatabase();
let folder: string;
let variables: Record<string, string>;
let runtime: Runtime;
let control: Awaited<ReturnType<typeof startControlSocket>>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-stream-'));
  const secrets = {
    APP_URL: 'http://localhost:3000',
    SESSION_PASSWORD: randomBytes(32).toString('base64'),
    VAULT_KEYS: `k:${randomBytes(32).toString('base64')}`,
  };
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  variables = {
    ...{ PATH, NODE_COMPILE_CACHE, NODE_ENV: 'test', DATA_DIR: folder, ...secrets },
    ...(engine === 'postgres' ? { DATABASE_URL: database.current.url ?? '' } : {}),
  };
  const made = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const config = parseConfig({ ...secrets, NODE_ENV: 'test' });
  runtime = { ...made, config: { ...config, dataDir: folder } };
  control = await startControlSocket(runtime);
});
afterEach(async () => {
  await control?.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (reason: string) =>
  record(runtime.database.db, systemContext(runtime, 'test'), { action: 'connection.revoked', details: { reason } });

function grantkeep(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['lib/cli/main.ts', ...args],
      { env: variables as NodeJS.ProcessEnv },
      (error, out, err) => resolve({ status: error ? Number(error.code) : 0, out, err }),
    );
  });
}

/** A stream that follows, and what it printed so far. */
function follow(cursor: string) {
  const child = spawn(process.execPath, ['lib/cli/main.ts', 'ledger', 'stream', '--follow', '--cursor', cursor], {
    env: variables as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  // `close`, not `exit`: by then everything that it printed has been read.
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    read: () => out,
    told: () => err,
    end: (signal: NodeJS.Signals) => {
      child.kill(signal);
      return ended;
    },
  };
}

test('a stream that was killed goes on at its cursor, and the SIEM can show that it has every entry', async () => {
  const [cursor, taken] = [join(folder, 'cursor'), join(folder, 'siem.jsonl')];
  await write('one');
  const killed = follow(cursor);
  await vi.waitFor(() => expect(killed.read()).toContain('"reason":"one"'), 120_000);
  await write('two');
  await vi.waitFor(() => expect(killed.read()).toContain('"reason":"two"'), 120_000);
  await killed.end('SIGKILL');
  writeFileSync(taken, killed.read());
  await write('three');
  const rest = follow(cursor);
  await vi.waitFor(() => expect(rest.read()).toContain('"reason":"three"'), 120_000);
  expect(await rest.end('SIGTERM')).toBe(0);
  appendFileSync(taken, rest.read());
  // A stream with a cursor repeats a page at most.
  expect(rest.read()).not.toContain('"reason":"one"');

  await sealLedger(systemContext(runtime, 'test'));
  const whole = await grantkeep('ledger', 'reconcile', taken);
  expect([whole.err, JSON.parse(whole.out)]).toEqual(['', expect.objectContaining({ ok: true, foreign_lines: 0 })]);
  expect(whole.status).toBe(0);

  const lines = readFileSync(taken, 'utf8').split('\n');
  const lacking = join(folder, 'lacking.jsonl');
  writeFileSync(lacking, lines.filter((line) => !line.includes('"reason":"two"')).join('\n'));
  const broken = await grantkeep('ledger', 'reconcile', lacking);
  expect([broken.status, JSON.parse(broken.out)]).toEqual([
    1,
    expect.objectContaining({ ok: false, missing: expect.objectContaining({ count: 1 }) }),
  ]);
});

test('a cursor that cannot be read, or stands beside a position, is a fault of the arguments', async () => {
  const cursor = join(folder, 'cursor');
  const settings = getCommandLineSettings(variables);
  const faulty = (from: number) => streamLedger({ from, cursor, follow: false }, settings);
  writeFileSync(cursor, 'half of a curs');
  await expect(faulty(0)).rejects.toThrow(UsageError);
  await expect(faulty(5)).rejects.toThrow(/Remove it to begin at --from/);
  const none = { file: join(folder, 'none'), fromSeal: 1 };
  await expect(reconcileLedger(none, settings)).rejects.toThrow(UsageError);
});

if (engine === 'pglite') {
  test('a stream that follows leaves the data folder to the next process of the hub', async () => {
    await control?.close();
    await write('while the hub was away');
    const waiting = follow(join(folder, 'cursor'));
    await vi.waitFor(() => expect(waiting.told()).toContain('The stream waits for it.'), 120_000);
    expect([waiting.read(), readdirSync(folder)]).toEqual(['', []]);
    control = await startControlSocket(runtime);
    await vi.waitFor(() => expect(waiting.read()).toContain('while the hub was away'), 120_000);
    expect(await waiting.end('SIGINT')).toBe(0);
  });
}
