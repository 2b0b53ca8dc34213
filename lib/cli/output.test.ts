import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { local } from '#tests/variables';

/** Runs the command line; `to`: where its standard output leads, or `gone` for a reader that is gone before it writes. */
async function grantkeep(args: string[], to: number | 'gone', variables: Record<string, string> = {}) {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(process.execPath, ['lib/cli/main.ts', ...args], {
    env: { NODE_ENV: 'test', PATH, NODE_COMPILE_CACHE, ...variables },
    stdio: ['ignore', to === 'gone' ? 'pipe' : to, 'pipe'],
  });
  child.stdout?.destroy();
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { status, err };
}

test('a reader that is gone, as `head` after its lines, is no fault to tell of', async () => {
  expect(await grantkeep(['help'], 'gone')).toEqual({ status: 1, err: '' });
});

test('a disk that is full is told of in a sentence', async () => {
  const full = openSync('/dev/full', 'w');
  const { status, err } = await grantkeep(['help'], full).finally(() => closeSync(full));
  expect(status).toBe(1);
  expect(err).toMatch(/^grantkeep: The output cannot be written: ENOSPC.*\n$/);
});

test('a database that refuses is named in a sentence, without the statement', async () => {
  const DATABASE_URL = 'postgres://hub:canary@127.0.0.1:1/hub';
  const { status, err } = await grantkeep(['api-key', 'list'], 'gone', { ...local, DATABASE_URL });
  expect(status).toBe(1);
  expect(err).toMatch(/^grantkeep: The database at DATABASE_URL refuses connections.*\n$/);
  expect(err).not.toMatch(/select|canary|params/i);
}, 60_000);
