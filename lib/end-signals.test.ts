import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { local } from '#tests/variables';

/** A database that takes connections and says nothing: the start waits for it. */
async function silentDatabase(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}));
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `postgres://hub@127.0.0.1:${(server.address() as AddressInfo).port}/hub`;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends a process that still starts, in order',
  async (signal) => {
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    const child = spawn(process.execPath, ['--disable-sigusr1', 'server.ts'], {
      env: { ...local, NODE_ENV: 'production', PATH, NODE_COMPILE_CACHE, DATABASE_URL: await silentDatabase() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'close');
    let log = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // The first line is `starting`.
      if (log === '') child.kill(signal);
      log += text;
    });
    expect(await ended).toEqual([0, null]);
    const events = log
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['starting', 'draining', 'stopped']);
  },
  60_000,
);
