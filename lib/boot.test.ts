import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockDataFolder } from '#lib/db/data-folder-lock';
import { capture } from '#scripts/processes';

const canary = 'canary-of-a-secret-value';
const sound = {
  APP_URL: 'http://localhost:3000',
  HOST: '127.0.0.1',
  PORT: '0',
  SESSION_PASSWORD: 'x'.repeat(32),
  VAULT_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-boot-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the product's own process with nothing but these variables, and waits for its end: all that it says is the log's. */
async function start(variables: Record<string, string>) {
  const { status, output } = await capture(process.execPath, ['server.ts'], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      DATA_DIR: join(folder, 'data'),
      ...variables,
    } as NodeJS.ProcessEnv,
  });
  const lines = output.trim().split('\n');
  const [first, ...rest] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({ event: 'starting' });
  return { status, output, said: rest };
}

test('A-05 a faulty configuration ends the process with status 1 and one line that names every fault', async () => {
  const file = join(folder, 'providers.json');
  writeFileSync(file, '[{"id": 1}]');
  const { status, output, said } = await start({
    APP_URL: 'http://connect.example.com',
    SESSION_PASSWORD: canary,
    VAULT_KEYS: `k:${canary}`,
    PORT: 'http',
    GOOGLE_CLIENT_SECRET: canary,
    PROVIDERS_FILE: file,
  });
  expect(status).toBe(1);
  expect(said).toMatchObject([{ event: 'not_started', level: 'fatal' }]);
  expect(said[0]?.['grantkeep.reason']).toMatch(/^The configuration has \d+ faults:$/);
  const named = ((said[0]?.['grantkeep.faults'] ?? []) as string[]).map((fault) => fault.split(':', 1)[0]);
  for (const name of ['APP_URL', 'SESSION_PASSWORD', 'VAULT_KEYS', 'PORT', 'GOOGLE_CLIENT_ID', 'PROVIDERS_FILE']) {
    expect(named).toContain(name);
  }
  expect(output).not.toContain(canary);
});

test('a data folder that another process has ends the process with status 1 and a clear sentence', async () => {
  const release = lockDataFolder(folder);
  const { status, said } = await start({ ...sound, DATA_DIR: folder });
  release();
  expect(status).toBe(1);
  expect(said).toMatchObject([
    {
      event: 'not_started',
      'grantkeep.reason': `The data folder ${folder} is in use by another Grantkeep process. Stop that one first, or set DATABASE_URL to let several processes share one PostgreSQL.`,
    },
  ]);
});

test('A-09 a data folder that others may replace ends the process with status 1 and a clear sentence', async () => {
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const { status, said } = await start({ ...sound, DATA_DIR: join(open, 'data') });
  expect(status).toBe(1);
  expect(said).toMatchObject([
    {
      event: 'not_started',
      'grantkeep.reason': `The data folder cannot be used: ${join(open, 'data')} lies in ${open}, in which others may replace it (mode 777). Set DATA_DIR to a folder that only this process's user can change.`,
    },
  ]);
});

test('a database that is not there ends the process with status 1, without the password of its URL', async () => {
  const { status, output } = await start({ ...sound, DATABASE_URL: `postgres://hub:${canary}@127.0.0.1:1/hub` });
  expect(status).toBe(1);
  expect(output).toContain('Grantkeep cannot start');
  expect(output).toContain('ECONNREFUSED');
  expect(output).not.toContain(canary);
});

test('a database that takes no connection in time ends the process too', async () => {
  // It accepts and never says a word.
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { status, output } = await start({ ...sound, DATABASE_URL: `postgres://hub:${canary}@127.0.0.1:${port}/hub` });
  silent.close();
  expect(status).toBe(1);
  expect(output).toContain('CONNECT_TIMEOUT');
});
