import { describe, expect, test } from 'vitest';
import { ask, askRaw, openDoor } from '#tests/servers/door';

const addressHeader = 'x-grantkeep-client-address';

describe("the client's address", () => {
  test.each<[trusted: string, from: string, forwarded: string | undefined, address: string]>([
    ['', '127.0.0.1', undefined, '127.0.0.1'],
    ['', '127.0.0.1', '203.0.113.9', '127.0.0.1'],
    ['', '127.0.0.1', '::1', '127.0.0.1'],
    ['10.0.0.0/8', '127.0.0.1', '203.0.113.9', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['127.0.0.1', '127.0.0.5', '203.0.113.9', '127.0.0.5'],
    ['127.0.0.0/8', '127.0.0.5', '203.0.113.9', '203.0.113.9'],
    ['127.0.0.1', '127.0.0.1', undefined, '127.0.0.1'],
    // Addresses that the client itself wrote stand left of the one that the proxy saw.
    ['127.0.0.1', '127.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['127.0.0.1,10.0.0.0/8', '127.0.0.1', '198.51.100.1, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['127.0.0.1,10.0.0.0/8', '127.0.0.1', '10.9.9.9, 10.1.2.3', '10.9.9.9'],
    ['127.0.0.1', '127.0.0.1', '203.0.113.9, 10.1.2.3', '10.1.2.3'],
    ['127.0.0.1', '127.0.0.1', '2001:db8::7', '2001:db8::7'],
    ['127.0.0.1,2001:db8:1::/48', '127.0.0.1', '2001:db8::7, 2001:db8:1::9', '2001:db8::7'],
    ['127.0.0.1', '127.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    // Text that is no address counts for nothing, also from a trusted proxy.
    ['127.0.0.1', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1', '<script>alert(1)</script>', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1', '203.0.113.9:4711', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1', ',,,', '127.0.0.1'],
    ['127.0.0.1,10.0.0.0/8', '127.0.0.1', 'evil, 10.1.2.3', '10.1.2.3'],
  ])('trusting "%s", from %s with X-Forwarded-For %s: %s', async (trusted, from, forwarded, address) => {
    const door = await openDoor({ TRUSTED_PROXIES: trusted });
    const answer = await ask(door, { from, headers: forwarded ? { 'x-forwarded-for': forwarded } : {} });
    expect(answer.json().headers[addressHeader]).toBe(address);
    await expect.poll(() => door.logged.at(-1)).toMatchObject({ event: 'request', ip: address });
  });

  test.each<[trusted: string, forwarded: string, address: string]>([
    ['', '203.0.113.9', '::1'],
    ['::1', '203.0.113.9', '203.0.113.9'],
    ['::/64', '2001:db8::7', '2001:db8::7'],
  ])('over IPv6, trusting "%s", with X-Forwarded-For %s: %s', async (trusted, forwarded, address) => {
    const door = await openDoor({ TRUSTED_PROXIES: trusted }, {}, '::1');
    const answer = await ask(door, { headers: { 'x-forwarded-for': forwarded } });
    expect(answer.json().headers[addressHeader]).toBe(address);
  });

  test('an IPv4 peer of a socket for both is known by its IPv4 address', async () => {
    const door = await openDoor({ TRUSTED_PROXIES: '127.0.0.1' }, {}, '::');
    const plain = await ask({ port: door.port, host: '127.0.0.1' }, {});
    expect(plain.json().headers[addressHeader]).toBe('127.0.0.1');
    const forwarded = await ask(
      { port: door.port, host: '127.0.0.1' },
      { headers: { 'x-forwarded-for': '203.0.113.9' } },
    );
    expect(forwarded.json().headers[addressHeader]).toBe('203.0.113.9');
  });
});

const forged: [name: string, value: string][] = [
  ['Host', 'evil.example'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-Proto', 'https-evil'],
  ['X-Forwarded-Port', '666'],
  ['X-Forwarded-Server', 'evil.example'],
  ['X-Real-IP', '198.51.100.66'],
  ['Forwarded', 'for=198.51.100.66;host=evil.example'],
  ['X-Original-URL', '/admin/evil'],
  ['X-Rewrite-URL', '/admin/evil'],
  ['X-Request-Id', 'req_evil'],
  ['X-Grantkeep-Client-Address', '198.51.100.66'],
  ['x-grantkeep-anything', 'evil'],
  ['X-Middleware-Subrequest', 'proxy:proxy:evil'],
  ['x-middleware-rewrite', '/admin/evil'],
  ['X-Matched-Path', '/admin/evil'],
  ['x-invoke-path', '/admin/evil'],
  ['X-Now-Route-Matches', '1=evil'],
  ['Next-Resume', 'evil'],
  ['X-Nonce', 'evil'],
  ['Content-Security-Policy', "script-src 'nonce-evil'"],
];

test.each(['/connections', '/api/v1/connections'])(
  '%s: what only a proxy or this process may say is not believed',
  async (path) => {
    const door = await openDoor({ TRUSTED_PROXIES: '127.0.0.1' });
    const answer = await ask(door, { path, headers: Object.fromEntries(forged) });
    expect(answer.text).not.toMatch(/evil|198\.51\.100\.66|"666"/);
    const { headers, rawHeaders } = answer.json() as { headers: Record<string, string>; rawHeaders: string[] };
    expect(headers).toMatchObject({
      host: 'localhost:3000',
      'x-forwarded-host': 'localhost:3000',
      'x-forwarded-proto': 'http',
    });
    expect(headers['x-request-id']).toMatch(/^req_[0-9a-z]{16}$/);
    expect(answer.headers['x-request-id']).toBe(headers['x-request-id']);
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names.filter((name) => name === 'host')).toHaveLength(1);
    expect(new Set(names).size).toBe(names.length);
  },
);

test('what a client says of itself comes through', async () => {
  const door = await openDoor();
  const headers = {
    cookie: 'a=b',
    'user-agent': 'test',
    origin: 'http://localhost:3000',
    authorization: 'Bearer x',
    'x-custom': '1',
  };
  expect((await ask(door, { headers })).json().headers).toMatchObject(headers);
});

test.each<[target: string, name: string, url: string]>([
  ['http://evil.example/connections?a=b', 'pages', '/connections?a=b'],
  ['http://evil.example/api/v1/connections', 'api', '/api/v1/connections'],
  ['HTTPS://evil.example', 'pages', '/'],
])('a whole URL as the target, %s, counts for its path only', async (target, name, url) => {
  const door = await openDoor();
  const answer = await askRaw(door, `GET ${target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
  const [, body = ''] = answer.split('\r\n\r\n');
  expect(JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1))).toMatchObject({ name, url });
  expect(answer).not.toContain('evil.example');
});

test('a target that is neither path nor URL is refused', async () => {
  const door = await openDoor();
  expect(await askRaw(door, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(door.refused).toEqual([['invalid_request', '127.0.0.1']]);
});

test.each(['/admin/people?q=%00', '/admin/people/%00', '/api/v1/connections?user=a%00b'])(
  'a zero byte in %s is refused',
  async (path) => {
    const door = await openDoor();
    expect(await ask(door, { path })).toMatchObject({ status: 400 });
  },
);

test.each<[path: string, reaches: boolean]>([
  ['/oauth/callback/acme?code=x&state=y', false],
  ['/oauth/start', false],
  ['/connect-session/open?token=x', false],
  ['/connect-session?token=x', true],
  ['/connections', true],
])('a word of the framework’s own script reaches %s: %s', async (path, reaches) => {
  const door = await openDoor();
  const answer = await ask(door, { path, headers: { rsc: '1', 'next-router-prefetch': '1' } });
  expect('rsc' in answer.json().headers).toBe(reaches);
});

test.each<[origin: string | undefined, headers: Record<string, string>, status: number]>([
  ['https://evil.example', { 'next-action': '40ab' }, 403],
  ['null', { 'next-action': '40ab' }, 403],
  ['https://evil.example', { 'content-type': 'multipart/form-data; boundary=x' }, 403],
  ['https://evil.example', { 'content-type': 'Multipart/Form-Data; boundary=x' }, 403],
  // The route's own answer to those is a page.
  ['https://evil.example', { 'content-type': 'application/x-www-form-urlencoded' }, 200],
  [undefined, { 'next-action': '40ab' }, 200],
  ['http://localhost:3000', { 'next-action': '40ab' }, 200],
])('a server action from %s with %o: %s', async (origin, headers, status) => {
  const door = await openDoor();
  const answer = await ask(door, {
    method: 'POST',
    path: '/account',
    headers: { ...headers, ...(origin && { origin }), 'content-length': '0' },
  });
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.json().code).toBe('wrong_origin');
  expect(door.refused).toEqual(status === 403 ? [['wrong_origin', '127.0.0.1']] : []);
});

describe('probes', () => {
  test.each<[path: string, draining: boolean, ready: boolean, status: number]>([
    ['/healthz', false, false, 200],
    ['/healthz', true, true, 200],
    ['/readyz', false, true, 200],
    ['/readyz', false, false, 503],
    ['/readyz', true, true, 503],
    ['/readyz?x', false, true, 200],
  ])('%s while draining is %s and ready is %s: %i', async (path, draining, ready, status) => {
    const door = await openDoor({}, { draining: () => draining, ready: async () => ready });
    const answer = await ask(door, { path });
    expect([answer.status, answer.text]).toEqual([status, status === 200 ? 'ok\n' : 'not ready\n']);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(door.logged).toEqual([]);
  });

  test('F-11 ready, with what is not as it should be', async () => {
    const door = await openDoor({}, { ready: async () => 'the background is late: tick' });
    const answer = await ask(door, { path: '/readyz' });
    expect([answer.status, answer.text]).toEqual([200, 'ok, but the background is late: tick\n']);
  });

  test('all that come while the database is asked share its answer', async () => {
    let questions = 0;
    const answer = Promise.withResolvers<boolean>();
    const ready = () => {
      questions += 1;
      return questions === 1 ? answer.promise : Promise.resolve(true);
    };
    const door = await openDoor({}, { ready });
    let came = 0;
    door.server.on('request', () => {
      came += 1;
      if (came === 20) answer.resolve(false);
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(door, { path: '/readyz' })));
    expect([questions, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([503])]);
    expect((await ask(door, { path: '/readyz' })).status).toBe(200);
  });

  test('a fault of our own answers 500 and ends neither the process nor the server', async () => {
    const door = await openDoor({}, { ready: () => Promise.reject(new Error('broken')) });
    expect((await ask(door, { path: '/readyz' })).status).toBe(500);
    expect((await ask(door, { path: '/healthz' })).status).toBe(200);
    expect(door.logged).toEqual([expect.objectContaining({ event: 'listener_failed' })]);
  });
});

test('what a proxy says of a request for /metrics reaches whoever decides about it', async () => {
  const door = await openDoor(
    {},
    { metrics: ({ url, headers }, response) => void response.end(JSON.stringify({ name: 'metrics', url, headers })) },
  );
  const answer = await ask(door, {
    path: '/metrics?x',
    headers: { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=x' },
  });
  expect(answer.json()).toMatchObject({
    name: 'metrics',
    headers: { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=x' },
  });
  expect((await ask(door, { path: '/metrics/x' })).json()).toMatchObject({ name: 'pages' });
});

test('every answer carries the headers that belong on all, and HSTS on https alone', async () => {
  const plain = await ask(await openDoor(), {});
  expect(plain.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(plain.headers['strict-transport-security']).toBeUndefined();
  const door = await openDoor({ APP_URL: 'https://connect.example.com', SIGN_IN_ALLOW: 'google:*' });
  for (const asked of [
    { path: '/healthz' },
    { path: '/api/v1/x' },
    { method: 'POST', headers: { 'transfer-encoding': 'chunked' } },
  ]) {
    expect((await ask(door, asked)).headers['strict-transport-security']).toMatch(/^max-age=31536000/);
  }
});

test.each(['/_next/../oauth/callback', '/_next/static/%2e%2e/%2e%2e/admin'])(
  'an address dressed up as a file of the build is in the log: %s',
  async (path) => {
    const door = await openDoor();
    await ask(door, { path: '/_next/static/chunks/a.js' });
    await ask(door, { path });
    await expect.poll(() => door.logged).toHaveLength(1);
    expect(door.logged[0]).toMatchObject({ event: 'request', path });
  },
);

test('the log has the path without its query, and one line a request', async () => {
  const door = await openDoor();
  await ask(door, { path: '/oauth/callback?code=canary-code&state=canary-state' });
  await expect.poll(() => door.logged).toHaveLength(1);
  expect(door.logged[0]).toMatchObject({ path: '/oauth/callback', method: 'GET', status: 200 });
  expect(JSON.stringify(door.logged)).not.toContain('canary');
});

test('a program that asks for events each second fills no log; its refusals stand there', async () => {
  let status = 200;
  const door = await openDoor({}, { api: (_, response) => void response.writeHead(status).end() });
  await ask(door, { path: '/api/v1/events?since=x' });
  status = 401;
  await ask(door, { path: '/api/v1/events' });
  await expect.poll(() => door.logged).toHaveLength(1);
  expect(door.logged[0]).toMatchObject({ event: 'request', path: '/api/v1/events', status: 401 });
});
