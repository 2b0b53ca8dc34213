import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { callProvider } from '#lib/oauth/provider-call';
import type { ResolveAll } from '#lib/outbound/connect-policy';
import { createGuardedFetch, type GuardedFetchOptions } from '#lib/outbound/guarded-fetch';
import { freePort } from '#scripts/postgres-server';
import { quirkyServer } from '#tests/servers/quirky-server';
import { selfSigned } from '#tests/servers/self-signed';

/** A server on loopback that does this with every request; answers its URL. */
async function serverThat(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const gone: ResolveAll = (_, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
const toLoopback: ResolveAll = (_, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

interface Case {
  seen: string;
  /** Whether any byte of the request may have been read. */
  sent: boolean;
  code: string;
  where: () => Promise<{ url: string } & Partial<GuardedFetchOptions>>;
}

const cases: Case[] = [
  {
    seen: 'a refused connection',
    sent: false,
    code: 'provider_unreachable',
    where: async () => ({ url: `http://127.0.0.1:${await freePort()}` }),
  },
  {
    seen: 'a name that does not exist',
    sent: false,
    code: 'provider_unreachable',
    where: async () => ({ url: 'https://gone.example', resolve: gone }),
  },
  {
    seen: 'a name that is never resolved',
    sent: false,
    code: 'provider_unreachable',
    where: async () => ({ url: 'https://slow.example', resolve: () => undefined, timeoutMs: 100 }),
  },
  {
    seen: 'a certificate that does not hold',
    sent: false,
    code: 'provider_unreachable',
    where: async () => ({ url: (await quirkyServer({ tls: selfSigned() })).url }),
  },
  {
    seen: 'an address that may not be called',
    sent: false,
    code: 'outbound_blocked',
    where: async () => ({ url: 'https://inside.example', resolve: toLoopback, operatorHosts: new Set() }),
  },
  {
    seen: 'a connection that ends without an answer',
    sent: true,
    code: 'provider_unavailable',
    where: async () => ({ url: await serverThat((request) => request.socket.destroy()) }),
  },
  {
    seen: 'no answer in time',
    sent: true,
    code: 'provider_timeout',
    where: async () => ({ url: await serverThat(() => {}), timeoutMs: 1_000 }),
  },
  {
    seen: 'an answer that breaks off',
    sent: true,
    code: 'provider_unavailable',
    where: async () => ({
      url: await serverThat((_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{');
        setImmediate(() => response.destroy());
      }),
    }),
  },
  {
    seen: 'a redirect',
    sent: true,
    code: 'redirect_refused',
    where: async () => ({
      url: await serverThat((_, response) => void response.writeHead(302, { location: '/' }).end()),
    }),
  },
];

test.each(cases)('F-06 $seen: the request may have been read: $sent', async ({ sent, code, where }) => {
  const { url, ...options } = await where();
  const fetcher = createGuardedFetch({ operatorHosts: new Set([new URL(url).host, '127.0.0.1']), ...options });
  const init = { method: 'POST', body: 'refresh_token=x' };
  await expect(fetcher(url, init)).rejects.toMatchObject({ name: 'OutboundError', sent });
  const deps = { fetch: fetcher, now: () => new Date() };
  const caller = { operator_hosts: 'operatorHosts' in options ? [] : [new URL(url).host, '127.0.0.1'] };
  await expect(callProvider(caller, url, init, deps)).rejects.toMatchObject({ code });
});
