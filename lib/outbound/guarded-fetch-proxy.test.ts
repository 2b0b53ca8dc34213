import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
import { resolver } from '#tests/resolver';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { selfSigned } from '#tests/servers/self-signed';

/** A forward proxy that connects every tunnel to one server and notes what it was asked for. */
async function proxyTo(server: QuirkyServer) {
  const asked: string[] = [];
  const proxy = createServer((_, response) => response.writeHead(502).end());
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const upstream = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return { asked, options: { httpProxy: url, httpsProxy: url } };
}

test('names go to the proxy unresolved, and certificates are still checked', async () => {
  const server = await quirkyServer({ tls: selfSigned() });
  const { asked, options } = await proxyTo(server);
  const { resolve, asked: resolved } = resolver(['10.0.0.1']);
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const fetcher = createGuardedFetch({ operatorHosts: new Set(), proxy: options, resolve });
  await expect(fetcher('https://as.example/token')).rejects.toMatchObject({
    code: 'outbound_failed',
    reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  expect(asked).toEqual(['as.example:443']);
  expect(resolved).toEqual([]);
});

test('literals and metadata names are refused before the proxy hears of them', async () => {
  const server = await quirkyServer();
  const { asked, options } = await proxyTo(server);
  const fetcher = createGuardedFetch({ operatorHosts: new Set(), proxy: options });
  for (const url of [
    'https://10.0.0.1/',
    'https://169.254.169.254/',
    'https://localhost/',
    'https://metadata.google.internal/',
  ]) {
    await expect(fetcher(url)).rejects.toMatchObject({ code: 'outbound_blocked' });
  }
  expect(asked).toEqual([]);
});

test('hosts that go past the proxy are guarded as without one', async () => {
  const server = await quirkyServer();
  const { asked, options } = await proxyTo(server);
  const { resolve } = resolver(['10.0.0.1']);
  const fetcher = createGuardedFetch({
    operatorHosts: new Set(),
    proxy: { ...options, noProxy: 'as.example' },
    resolve,
  });
  await expect(fetcher('https://as.example/')).rejects.toMatchObject({ code: 'outbound_blocked' });
  expect(asked).toEqual([]);
});
