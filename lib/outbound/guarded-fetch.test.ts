import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ResolveAll } from '#lib/outbound/connect-policy';
import { createGuardedFetch, type GuardedFetchOptions, type GuardedInit } from '#lib/outbound/guarded-fetch';
import { freePort } from '#scripts/postgres-server';
import { resolver } from '#tests/resolver';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { selfSigned } from '#tests/servers/self-signed';

const hostOf = (server: QuirkyServer) => new URL(server.url).host;

/** A guarded fetch with a server's host that the operator wrote. */
function guarded(server: QuirkyServer, options: Partial<GuardedFetchOptions> = {}) {
  return createGuardedFetch({ operatorHosts: new Set([hostOf(server)]), ...options });
}

const hostileUrls = readFileSync(new URL('../../tests/hostile/outbound-urls.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('a learnt host', () => {
  test('list holds at least sixty hostile URLs', () => {
    expect(hostileUrls.length).toBeGreaterThanOrEqual(60);
  });

  test.each(hostileUrls)('%s is refused without asking the DNS', async (url) => {
    const { resolve, asked } = resolver(['93.184.216.34']);
    const fetcher = createGuardedFetch({ operatorHosts: new Set(), resolve });
    const refusal: unknown = await fetcher(url).catch((error: unknown) => error);
    // A URL with credentials is refused by the runtime's Request before us; either way nothing was sent.
    expect(refusal).toBeInstanceOf(Error);
    if (!/@|^data:/.test(url)) expect(refusal).toMatchObject({ code: 'outbound_blocked' });
    expect(asked).toEqual([]);
  });

  test.each([
    '10.0.0.5',
    '127.0.0.1',
    '169.254.169.254',
    '::1',
    'fd00::5',
    '::ffff:192.168.0.1',
    '64:ff9b::7f00:1',
    '0.0.0.0',
  ])('whose name leads to %s is refused', async (address) => {
    const { resolve } = resolver([address]);
    const fetcher = createGuardedFetch({ operatorHosts: new Set(), resolve });
    await expect(fetcher('https://innocent.example/')).rejects.toMatchObject({
      code: 'outbound_blocked',
      host: 'innocent.example',
    });
  });

  test('with one forbidden address among good ones is refused', async () => {
    const { resolve } = resolver(['93.184.216.34', '10.0.0.5']);
    const fetcher = createGuardedFetch({ operatorHosts: new Set(), resolve });
    await expect(fetcher('https://mixed.example/')).rejects.toMatchObject({ code: 'outbound_blocked' });
  });

  test('on a server that listens here is refused: no request arrives', async () => {
    const server = await quirkyServer();
    const fetcher = createGuardedFetch({ operatorHosts: new Set(['127.0.0.1:1']) });
    await expect(fetcher(server.url)).rejects.toMatchObject({ code: 'outbound_blocked' });
    expect(server.seen).toHaveLength(0);
  });
});

describe('a host that the operator wrote', () => {
  test('may be loopback, over http too', async () => {
    const server = await quirkyServer();
    server.on('GET /', { json: { fine: true } });
    expect(await (await guarded(server)(server.url)).json()).toEqual({ fine: true });
  });

  test('is connected to at the address that was checked: the name is not resolved a second time', async () => {
    const server = await quirkyServer();
    server.on('GET /', { json: {} });
    const { port } = new URL(server.url);
    const { resolve, asked } = resolver(['127.0.0.1'], ['169.254.169.254']);
    const fetcher = createGuardedFetch({ operatorHosts: new Set([`idp.localhost:${port}`]), resolve });
    expect((await fetcher(`http://idp.localhost:${port}/`)).status).toBe(200);
    expect(server.seen[0]?.headers.host).toBe(`idp.localhost:${port}`);
    expect(asked).toEqual(['idp.localhost']);
  });

  test('whose name is never resolved ends in a timeout', async () => {
    const fetcher = createGuardedFetch({ operatorHosts: new Set(), timeoutMs: 50, resolve: () => undefined });
    await expect(fetcher('https://slow-dns.example/')).rejects.toMatchObject({ code: 'outbound_timeout' });
  });

  test('whose name does not exist is a failure', async () => {
    const resolve: ResolveAll = (_, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    const fetcher = createGuardedFetch({ operatorHosts: new Set(), resolve });
    await expect(fetcher('https://gone.example/')).rejects.toMatchObject({
      code: 'outbound_failed',
      reason: 'ENOTFOUND',
    });
  });

  test('that was rebound to a metadata address is refused, every time it is resolved', async () => {
    const { resolve, asked } = resolver(['169.254.169.254']);
    const fetcher = createGuardedFetch({ operatorHosts: new Set(['idp.internal']), resolve });
    for (const _ of [1, 2]) {
      await expect(fetcher('https://idp.internal/')).rejects.toMatchObject({ code: 'outbound_blocked' });
    }
    expect(asked).toHaveLength(2);
  });

  test.each([
    '169.254.169.254',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '0.0.0.0',
    '100.100.100.200',
    '[::ffff:169.254.169.254]',
    'metadata.google.internal',
  ])('is refused all the same when it is %s', async (host) => {
    const written = new Set([host.replace(/^\[|\]$/g, ''), host]);
    await expect(createGuardedFetch({ operatorHosts: written })(`https://${host}/`)).rejects.toMatchObject({
      code: 'outbound_blocked',
    });
  });

  test('may not be http unless it is loopback', async () => {
    const fetcher = createGuardedFetch({ operatorHosts: new Set(['10.0.0.1', 'idp.internal']) });
    await expect(fetcher('http://10.0.0.1/')).rejects.toMatchObject({ code: 'outbound_blocked', reason: 'scheme' });
    await expect(fetcher('http://idp.internal/')).rejects.toMatchObject({ code: 'outbound_blocked', reason: 'scheme' });
  });
});

describe('an answer', () => {
  test.each([301, 302, 303, 307, 308])('of %i is an error and is not followed', async (status) => {
    const server = await quirkyServer();
    server.on('GET /', { status, text: '', headers: { location: '/next' } });
    await expect(guarded(server)(server.url)).rejects.toMatchObject({ code: 'outbound_redirect' });
    expect(server.seen).toHaveLength(1);
  });

  test('that is too large is cut off, plain or compressed', async () => {
    const server = await quirkyServer();
    const body = Buffer.alloc(200_000, 'x');
    const forms = { plain: body, gzip: gzipSync(body), br: brotliCompressSync(body) };
    expect(forms.gzip.length).toBeLessThan(1000);
    for (const [encoding, text] of Object.entries(forms)) {
      server.on('GET /', { text, headers: encoding === 'plain' ? {} : { 'content-encoding': encoding } });
      await expect(guarded(server, { maxBytes: 100_000 })(server.url)).rejects.toMatchObject({
        code: 'outbound_too_large',
      });
      expect((await (await guarded(server, { maxBytes: 200_000 })(server.url)).text()).length).toBe(200_000);
    }
  });

  test.each(['gzip', 'deflate', 'br'])('that names the coding %s and has no body is empty', async (coding) => {
    const server = await quirkyServer();
    server.on('POST /', { text: '', headers: { 'content-encoding': coding } });
    const answer = await guarded(server)(server.url, { method: 'POST', body: 'a=1' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  test('that was compressed and cut short is an error', async () => {
    const server = await quirkyServer();
    const text = gzipSync(Buffer.alloc(10_000, 'x')).subarray(0, -12);
    server.on('GET /', { text, headers: { 'content-encoding': 'gzip' } });
    await expect(guarded(server)(server.url)).rejects.toMatchObject({ code: 'outbound_failed' });
  });

  test.each([
    ['whose headers never come', { hang: true } as const],
    [
      'whose body stops',
      { raw: (response: import('node:http').ServerResponse) => void response.writeHead(200).write('begin') },
    ],
  ])('%s ends in a timeout', async (_, reply) => {
    const server = await quirkyServer();
    server.on('GET /', reply);
    await expect(guarded(server, { timeoutMs: 80 })(server.url)).rejects.toMatchObject({ code: 'outbound_timeout' });
  });

  test('whose bytes drip in ends in a timeout, however steady', async () => {
    const server = await quirkyServer();
    server.on('GET /', {
      raw: (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write('.'), 10);
        response.on('close', () => clearInterval(drip));
      },
    });
    await expect(guarded(server, { timeoutMs: 120 })(server.url)).rejects.toMatchObject({ code: 'outbound_timeout' });
  });

  test.each([204, 205, 304])('of %i has no body', async (status) => {
    const server = await quirkyServer();
    server.on('GET /', { raw: (response) => void response.writeHead(status).end() });
    const answer = await guarded(server)(server.url);
    expect([answer.status, await answer.text()]).toEqual([status, '']);
  });

  test('that never comes is a failure with the runtime’s code and without the path', async () => {
    const fetcher = createGuardedFetch({ operatorHosts: new Set(['127.0.0.1']) });
    const url = `http://127.0.0.1:${await freePort()}/secret-path?token=secret-query`;
    const error: unknown = await fetcher(url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'outbound_failed', reason: 'ECONNREFUSED', host: '127.0.0.1' });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
  });
});

test('method, headers and body arrive as given', async () => {
  const server = await quirkyServer();
  server.on('POST /token', { json: {} });
  await guarded(server)(`${server.url}/token`, {
    method: 'POST',
    headers: { authorization: 'Basic eDp5', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ code: 'c' }),
  });
  expect(server.seen[0]).toMatchObject({ method: 'POST', body: 'code=c' });
  expect(server.seen[0]?.headers.authorization).toBe('Basic eDp5');
});

test.each([
  ['text', (url: string) => [url, { method: 'post', headers: [['accept', 'application/json']], body: 'a=1' }] as const],
  [
    'a Request',
    (url: string) =>
      [new Request(url, { method: 'POST', headers: { accept: 'application/json' }, body: 'a=1' })] as const,
  ],
  [
    'bytes',
    (url: string) =>
      [
        new URL(url),
        { method: 'POST', headers: new Headers({ accept: 'application/json' }), body: Buffer.from('a=1') },
      ] as const,
  ],
])('a body given as %s is sent, and so is who asks', async (_, given) => {
  const server = await quirkyServer();
  server.on('POST /', { json: {} });
  const [input, init] = given(server.url);
  await guarded(server)(input, init as RequestInit | undefined);
  const [seen] = server.seen;
  expect(seen).toMatchObject({ method: 'POST', body: 'a=1' });
  // GitHub answers nothing without a User-Agent; a coding is not asked for.
  expect(seen?.headers).toMatchObject({ accept: 'application/json', 'user-agent': 'grantkeep' });
  expect(seen?.headers).not.toHaveProperty('accept-encoding');
});

test('the caller’s own signal ends the request', async () => {
  const server = await quirkyServer();
  const controller = new AbortController();
  server.on('GET /', () => {
    controller.abort();
    return { hang: true };
  });
  await expect(guarded(server)(server.url, { signal: controller.signal })).rejects.toMatchObject({
    name: 'OutboundError',
  });
});

describe('certificates', () => {
  test('that nobody vouches for are refused, also where the environment says not to look', async () => {
    const server = await quirkyServer({ tls: selfSigned() });
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await expect(guarded(server)(server.url)).rejects.toMatchObject({
      code: 'outbound_failed',
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(server.seen).toHaveLength(0);
  });

  test('of an own authority are taken the Node way, by NODE_EXTRA_CA_CERTS', async () => {
    const tls = selfSigned();
    const server = await quirkyServer({ tls });
    server.on('GET /', { json: {} });
    const folder = await mkdtemp(join(tmpdir(), 'own-authority-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'ca.pem'), tls.cert);
    const script = `const { createGuardedFetch } = await import('#lib/outbound/guarded-fetch');
      const answer = await createGuardedFetch({ operatorHosts: new Set(['127.0.0.1']) })(process.argv[1]);
      console.log(answer.status);`;
    const run = promisify(execFile);
    const env: NodeJS.ProcessEnv = { NODE_ENV: 'test', NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
    const cwd = new URL('../..', import.meta.url);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, server.url], { env, cwd });
    expect(stdout.trim()).toBe('200');
  });
});

describe('F-01 the look right before a request is written', () => {
  test('comes once its connection stands, and where it fails nothing is sent', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: {} });
    const looked: string[] = [];
    const init = (refuse: boolean): GuardedInit => ({
      method: 'POST',
      body: 'a=1',
      beforeSend: () => {
        looked.push('before sending');
        if (refuse) throw new Error('too late');
      },
    });
    const url = `${server.url.replace('127.0.0.1', 'localhost')}/token`;
    const named = createGuardedFetch({
      operatorHosts: new Set([new URL(url).host]),
      resolve: (_name, callback) => {
        looked.push('resolved');
        setTimeout(() => callback(null, [{ address: '127.0.0.1', family: 4 }]), 50);
      },
    });
    await expect(named(url, init(true))).rejects.toMatchObject({ code: 'outbound_failed' });
    expect([looked, server.seen.length]).toEqual([['resolved', 'before sending'], 0]);
    expect((await named(url, init(false))).status).toBe(200);
    expect(server.seen).toHaveLength(1);
  });
});
