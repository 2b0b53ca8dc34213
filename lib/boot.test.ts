import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** Starts the product's own process with nothing but these variables, and waits for its end. */
const start = (variables: Record<string, string>) =>
  capture(process.execPath, ['server.ts'], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      DATA_DIR: join(folder, 'data'),
      ...variables,
    } as NodeJS.ProcessEnv,
  });

test('a faulty configuration ends the process with status 1 and every fault on a line of its own', async () => {
  const file = join(folder, 'providers.json');
  writeFileSync(file, '[{"id": 1}]');
  const { status, output } = await start({
    APP_URL: 'http://connect.example.com',
    SESSION_PASSWORD: canary,
    VAULT_KEYS: `k:${canary}`,
    PORT: 'http',
    GOOGLE_CLIENT_SECRET: canary,
    PROVIDERS_FILE: file,
  });
  expect(status).toBe(1);
  const [first, ...faults] = output.trim().split('\n');
  expect(first).toMatch(/^The configuration has \d+ faults:$/);
  expect(faults.every((fault) => /^- [A-Z_]+: /.test(fault))).toBe(true);
  for (const name of ['APP_URL', 'SESSION_PASSWORD', 'VAULT_KEYS', 'PORT', 'GOOGLE_CLIENT_ID', 'PROVIDERS_FILE']) {
    expect(output).toContain(`\n- ${name}: `);
  }
  expect(output).not.toContain(canary);
});

test('a data folder that another process has ends the process with status 1 and a clear sentence', async () => {
  const release = lockDataFolder(folder);
  const { status, output } = await start({ ...sound, DATA_DIR: folder });
  release();
  expect(status).toBe(1);
  expect(output.trim()).toBe(
    `The data folder ${folder} is in use by another Grantkeep process. Stop that one first, or set DATABASE_URL to let several processes share one PostgreSQL.`,
  );
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
