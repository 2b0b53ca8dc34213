import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

/** The status of the image's probe with these variables. */
const probe = (variables: Record<string, string>, ...args: string[]) =>
  new Promise<number>((resolve) => {
    const env = { NODE_ENV: 'test' as const, PATH: process.env.PATH ?? '', ...variables };
    execFile(process.execPath, ['deploy/image/health.mjs', ...args], { env }, (error) =>
      resolve(error ? Number(error.code) : 0),
    );
  });

test.each([
  ['unset', '127.0.0.1', undefined],
  ['every address', '0.0.0.0', '0.0.0.0'],
  ['every address of IPv6', '::', '::'],
  ['one address', '127.0.0.2', '127.0.0.2'],
  ['one of IPv6, in brackets', '::1', '[::1]'],
])('the health check of the image asks where the hub listens: %s', async (_, listens, HOST) => {
  const server = createServer((_request, response) => response.end('ok'));
  onTestFinished(() => void server.close());
  await once(server.listen(0, listens), 'listening');
  const PORT = String((server.address() as AddressInfo).port);
  expect(await probe({ PORT, ...(HOST ? { HOST } : {}) })).toBe(0);
});

test('it asks no proxy, and fails where the hub is not ready or not there', async () => {
  const server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? 200 : 503).end());
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const PORT = String((server.address() as AddressInfo).port);
  expect(await probe({ PORT, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:1' })).toBe(0);
  expect(await probe({ PORT }, 'ready')).toBe(1);
  expect(await probe({ PORT: '1' })).toBe(1);
});
