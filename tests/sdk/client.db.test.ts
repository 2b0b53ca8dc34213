import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { generateApiKey } from '#lib/api-keys/key-format';
import { addApiKey, entries, freeze } from '#tests/hub';
import { applicationInTest } from '#tests/sdk/client-package';
import { connectedHub } from '#tests/sdk/connected-hub';
import { listenOnLoopback } from '#tests/servers/loopback';
import type { AccessToken, ClientOptions, GrantkeepClient } from '../../sdk/src/index.ts';

const world = connectedHub(['google', 'github', 'okta']);
const { hub } = world;
const application = applicationInTest();
const calendar = 'https://www.googleapis.com/auth/calendar.readonly';
let key: string;

beforeEach(async () => {
  ({ key } = await addApiKey(hub.runtime, { scopes: ['tokens:vend', 'connections:read', 'connections:revoke'] }));
  world.vends();
});

async function client(options: Partial<ClientOptions> = {}): Promise<GrantkeepClient> {
  const { createClient } = await application.client();
  return createClient({ url: world.door.url, apiKey: key, maxWaitSeconds: 0, ...options });
}

/** A call at the provider; its connection is closed, since the next test has servers of its own state. */
const callAt = (provider: 'google' | 'okta') => (token: AccessToken) =>
  fetch(world.me(provider), { headers: { authorization: token.authorization, connection: 'close' } });

const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a token', () => {
  test('is vended once for all callers of a moment, opens the provider’s API, and is kept', async () => {
    const id = await world.connect('google');
    const grantkeep = await client();
    const answers = await Promise.all(Array.from({ length: 20 }, () => grantkeep.withToken(id, callAt('google'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await grantkeep.withToken({ id }, callAt('google'))).status).toBe(200);
    expect(world.vends()).toBe(1);
    const page = await grantkeep.call('listConnections', { query: { provider: 'google', limit: 1 } });
    expect(page.connections.map((one) => one.id)).toEqual([id]);
  });

  test('is asked for again before its life ends, after cacheSeconds, and after forget', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    hub.demo.server('okta').switches.access_token_ttl_s = 40;
    const short = await world.connect('okta');
    const long = await world.connect('google');
    const grantkeep = await client();
    const vendsAfter = async (id: string, ms: number) => {
      vi.advanceTimersByTime(ms);
      await grantkeep.getToken(id);
      return world.vends();
    };
    expect(await vendsAfter(short, 0)).toBe(1);
    expect(await vendsAfter(short, 15_000)).toBe(0);
    expect(await vendsAfter(short, 6_000)).toBe(1);
    expect(await vendsAfter(long, 0)).toBe(1);
    expect(await vendsAfter(long, 299_000)).toBe(0);
    expect(await vendsAfter(long, 2_000)).toBe(1);
    grantkeep.forget(long);
    expect(await vendsAfter(long, 0)).toBe(1);
    vi.useRealTimers();
  });

  test('is dropped for another one when there are more than cacheSize', async () => {
    const [one, other] = [await world.connect('google'), await world.connect('google')];
    const grantkeep = await client({ cacheSize: 1 });
    for (const id of [one, one, other, one]) await grantkeep.getToken(id);
    expect(world.vends()).toBe(3);
    const always = await client({ cacheSeconds: 0 });
    for (const id of [one, one]) await always.getToken(id);
    expect(world.vends()).toBe(2);
  });

  test('that was forgotten while it was under way is not kept', async () => {
    const id = await world.connect('google');
    const gate = Promise.withResolvers<void>();
    const grantkeep = await client({ fetch: (url, init) => gate.promise.then(() => fetch(url, init)) });
    const [one, other] = [grantkeep.getToken(id), grantkeep.getToken({ id })];
    grantkeep.forget(id);
    gate.resolve();
    expect((await one).value).toBe((await other).value);
    await grantkeep.getToken(id);
    expect(world.vends()).toBe(2);
  });

  test('stands in no log by itself, and neither does the key', async () => {
    const id = await world.connect('google');
    const grantkeep = await client();
    const token = await grantkeep.getToken(id);
    const written = [token, { token }, grantkeep].map((value) => `${inspect(value, { depth: 9, showHidden: true })}`);
    written.push(JSON.stringify({ token, grantkeep }), String(token), `${token}`);
    for (const text of written) {
      expect(text).not.toContain(token.value);
      expect(text).not.toContain(key);
    }
    expect(token.authorization).toBe(`Bearer ${token.value}`);
    expect(token).toMatchObject({ provider: 'google', account: { label: expect.stringContaining('@') } });
  });

  test('has its purpose in the ledger, once for each purpose', async () => {
    const id = await world.connect('google');
    const grantkeep = await client();
    for (const purpose of ['Nightly', 'Nightly', 'Daily']) await grantkeep.getToken(id, { purpose });
    const said = (await entries(hub.runtime, id)).map(({ details }) => (details as { purpose?: string }).purpose);
    expect(said.filter(Boolean)).toEqual(['Nightly', 'Daily']);
  });
});

describe('a token that the provider refuses', () => {
  test('is reported once for all callers, and each call is made again with the new one', async () => {
    const id = await world.connect('okta');
    const grantkeep = await client();
    const old = await grantkeep.getToken(id);
    await world.endAccessToken(old.value);
    world.vends();
    const answers = await Promise.all(Array.from({ length: 10 }, () => grantkeep.withToken(id, callAt('okta'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(world.vends()).toBe(1);
    expect(hub.demo.server('okta').counts.refreshes).toBe(1);
    expect((await grantkeep.getToken(id)).value).not.toBe(old.value);
  });

  test('is reported though another caller asks for a token at that moment, and though none is kept', async () => {
    const id = await world.connect('okta');
    const gates: (() => void)[] = [];
    const held = (url: string | URL | Request, init?: RequestInit) =>
      new Promise<void>((resolve) => void gates.push(resolve)).then(() => fetch(url, init));
    let holds = false;
    const grantkeep = await client({
      cacheSeconds: 0,
      fetch: (...asked) => (holds ? held(...asked) : fetch(...asked)),
    });
    const { value } = await grantkeep.getToken(id);
    await world.endAccessToken(value);
    let meanwhile: Promise<AccessToken> | undefined;
    const answer = grantkeep.withToken(id, async (token) => {
      if (token.value === value) {
        holds = true;
        meanwhile = grantkeep.getToken(id);
      }
      return callAt('okta')(token);
    });
    await expect.poll(() => gates.length).toBe(1);
    holds = false;
    gates[0]?.();
    expect((await answer).status).toBe(200);
    expect((await meanwhile)?.value).toBe(value);
    expect(hub.demo.server('okta').counts.refreshes).toBe(1);
  });

  test('is found in a fault with status 401 too, whatever client threw it', async () => {
    const id = await world.connect('okta');
    const { TokenRefused } = await application.client();
    const faults = [
      { status: 401 },
      { response: { status: 401 } },
      { response: { statusCode: 401 } },
      new TokenRefused(),
    ];
    for (const [n, fault] of faults.entries()) {
      const grantkeep = await client();
      const seen: string[] = [];
      const faulty = grantkeep.withToken(id, ({ value }) => {
        seen.push(value);
        if (seen.length === 1) throw fault;
        return 'done';
      });
      // The first report refreshes. The hub takes no other within half a minute: the same token is tried again.
      expect([await faulty, seen.length, seen[0] === seen[1]]).toEqual(['done', 2, n > 0]);
    }
  });

  test('is not reported again for a while where the hub has no other, and the answer is the provider’s', async () => {
    const id = await world.connect('okta');
    const grantkeep = await client();
    const refusing = vi.fn(async () => new Response('no', { status: 401 }));
    expect((await grantkeep.withToken(id, refusing)).status).toBe(401);
    expect((await grantkeep.withToken(id, refusing)).status).toBe(401);
    world.vends();
    refusing.mockClear();
    const answer = await grantkeep.withToken(id, refusing);
    expect([answer.status, await answer.text()]).toEqual([401, 'no']);
    expect([refusing.mock.calls.length, hub.demo.server('okta').counts.refreshes]).toEqual([1, 1]);
  });

  test('leads to needs_reconnect, with the page for the person, where the grant is over', async () => {
    const id = await world.connect('okta');
    const grantkeep = await client();
    await grantkeep.getToken(id);
    hub.demo.server('okta').withdraw();
    const doubted = await faultOf(grantkeep.withToken(id, callAt('okta')));
    expect(doubted).toMatchObject({ code: 'grant_in_doubt', status: 503, retryAfterSeconds: expect.any(Number) });
    await world.confirmEnd(id);
    await world.expire(id);
    expect(await faultOf(grantkeep.withToken(id, callAt('okta')))).toMatchObject({
      code: 'needs_reconnect',
      consentUrl: `${world.door.url}/connections/${id}`,
    });
  });

  test('is not what a 403, another fault of the function, or a wrong API key in it, means', async () => {
    const id = await world.connect('google');
    const grantkeep = await client();
    const wrong = await client({ apiKey: generateApiKey() });
    const nested = await faultOf(grantkeep.withToken(id, () => wrong.call('getConnection', { path: { id } })));
    expect(nested).toMatchObject({ code: 'invalid_api_key', status: 401 });
    const fault = new Error('mine');
    expect(await faultOf(grantkeep.withToken(id, () => Promise.reject(fault)))).toBe(fault);
    expect((await grantkeep.withToken(id, async () => new Response('', { status: 403 }))).status).toBe(403);
    expect(world.vends()).toBe(1);
  });
});

describe('the hub’s refusals are errors with its code', () => {
  test('for a key that is wrong, an id that is none, a connection that is revoked, frozen or unknown', async () => {
    const { isGrantkeepError } = await application.client();
    const id = await world.connect('google');
    const wrong = await faultOf((await client({ apiKey: generateApiKey() })).getToken(id));
    expect(wrong).toMatchObject({ code: 'invalid_api_key', status: 401, requestId: expect.stringMatching(/^req_/) });
    const grantkeep = await client();
    for (const bad of ['../../webhooks', `${id}/../x`, 'per_1', ''])
      await expect(grantkeep.getToken(bad)).rejects.toThrow(TypeError);
    await expect(grantkeep.call('getConnection', { path: { id: '..' } })).rejects.toThrow(TypeError);
    expect(await faultOf(grantkeep.getToken(`con_${'0'.repeat(32)}`))).toMatchObject({ code: 'not_found' });
    await freeze(hub.runtime, 'connection', id);
    expect(await faultOf(grantkeep.getToken(id))).toMatchObject({ code: 'frozen', status: 423 });
    const ended = await world.connect('google');
    expect(await grantkeep.call('revokeConnection', { path: { id: ended } })).toMatchObject({ status: 'revoked' });
    const revoked = await faultOf(grantkeep.getToken(ended));
    expect([isGrantkeepError(revoked, 'revoked'), isGrantkeepError(revoked, 'frozen')]).toEqual([true, false]);
  });

  test('a scope that the connection lacks is told with the page that adds it, before the provider is asked', async () => {
    const id = await world.connect('google', { untick: [calendar] });
    const grantkeep = await client();
    const called = vi.fn();
    const fault = await faultOf(grantkeep.withToken(id, called, { scopes: [calendar, 'email'] }));
    expect(fault).toMatchObject({ code: 'missing_scope', missingScopes: [calendar] });
    const { origin, pathname, searchParams } = new URL((fault as { consentUrl: string }).consentUrl);
    expect([origin, pathname, Object.fromEntries(searchParams)]).toEqual([
      world.door.url,
      '/connect',
      { provider: 'google', return_to: `/connections/${id}` },
    ]);
    expect(called).not.toHaveBeenCalled();
    expect(await faultOf(grantkeep.getToken(id, { scopes: ['nonsense'] }))).toMatchObject({ code: 'unknown_scope' });
    expect((await grantkeep.getToken(id, { scopes: ['email'] })).missingScopes).toEqual([calendar]);
  });

  test('429 is waited for as Retry-After says, where that is short enough', async () => {
    const id = await world.connect('google');
    const grantkeep = await client({ cacheSeconds: 0 });
    // The limit is of a process: this one has a small one meanwhile.
    const { config } = hub.runtime;
    hub.runtime.config = { ...config, apiRatePerMinute: 2 };
    onTestFinished(() => void Object.assign(hub.runtime, { config }));
    await grantkeep.getToken(id);
    await grantkeep.getToken(id);
    const limited = await faultOf(grantkeep.getToken(id));
    expect(limited).toMatchObject({ code: 'rate_limited', status: 429, retryAfterSeconds: expect.any(Number) });
    setTimeout(() => Object.assign(hub.runtime, { config }), 50);
    const patient = await client({
      maxWaitSeconds: 10,
      // A minute would be longer than the test may take.
      fetch: async (url, init) => {
        const { status, headers, body } = await fetch(url, init);
        const shorter = new Headers(headers);
        if (status === 429) shorter.set('retry-after', '1');
        return new Response(body, { status, headers: shorter });
      },
    });
    expect((await patient.getToken(id)).provider).toBe('google');
  });

  test('a provider that fails is asked again after Retry-After; an open circuit is told at once', async () => {
    const { switches, counts } = hub.demo.server('google');
    const id = await world.connect('google');
    const others = await Promise.all(Array.from({ length: 8 }, () => world.connect('google')));
    for (const one of [id, ...others]) await world.expire(one);
    Object.assign(switches, { token_status: 503, retry_after_s: 1 });
    const fault = await faultOf((await client()).getToken(id));
    expect(fault).toMatchObject({ code: 'provider_unavailable', status: 503, retryAfterSeconds: expect.any(Number) });
    setTimeout(() => Object.assign(switches, { token_status: null }), 100);
    const patient = await client({ maxWaitSeconds: 60 });
    expect((await patient.withToken(id, callAt('google'))).status).toBe(200);
    Object.assign(switches, { token_status: 500 });
    const codes: unknown[] = [];
    for (const other of others) codes.push(await faultOf((await client()).getToken(other)));
    expect(new Set(codes.map((error) => (error as { code: string }).code))).toEqual(new Set(['provider_unavailable']));
    const asked = counts.refreshes;
    expect(await faultOf((await client()).getToken(id))).toBeUndefined();
    expect(await faultOf((await client()).getToken(others[0] ?? ''))).toMatchObject({ code: 'provider_unavailable' });
    expect(counts.refreshes).toBe(asked);
  });

  test('a hub that is down, a redirect and a foreign answer are hub_unreachable, and tell no secret', async () => {
    const id = await world.connect('google');
    const grantkeep = await client();
    await world.door.down();
    const down = await faultOf(grantkeep.getToken(id));
    await world.door.up();
    expect((await grantkeep.getToken(id)).provider).toBe('google');
    world.vends();
    const elsewhere = createServer((request, response) => {
      response.writeHead(307, { location: `${world.door.url}${request.url}` }).end();
    });
    const redirecting = await listenOnLoopback(elsewhere);
    onTestFinished(redirecting.close);
    const redirected = await faultOf((await client({ url: `http://127.0.0.1:${redirecting.port}` })).getToken(id));
    expect(world.vends()).toBe(0);
    const answering = async (answer: () => Response) =>
      faultOf((await client({ fetch: async () => answer() })).getToken(id));
    const faults = [
      down,
      redirected,
      await answering(() => Response.json({})),
      await answering(
        () => new Response('{"access_token":"at_canary', { headers: { 'content-type': 'application/json' } }),
      ),
      await answering(() => new Response('<html>at_canary</html>', { status: 502 })),
      await answering(() => Response.json({ code: 'frozen' }, { status: 423 })),
    ];
    for (const fault of faults) {
      expect(fault).toMatchObject({ code: 'hub_unreachable' });
      expect(inspect(fault, { depth: 9 })).not.toMatch(new RegExp(`at_canary|${key}`));
    }
  });

  test('options that would send the key into the open are refused', async () => {
    for (const url of ['http://connect.example.com', 'https://a:b@connect.example.com', 'https://x.example/hub', 'x'])
      await expect(client({ url })).rejects.toThrow(TypeError);
    await expect(client({ apiKey: 'gk_x\r\nX-Evil: 1' })).rejects.toThrow(TypeError);
    expect(inspect(await faultOf(client({ apiKey: `${key} ` })))).not.toContain(key);
  });
});

test('grantkeepFetch sends the token to its provider only', async () => {
  const { grantkeepFetch } = await application.client();
  const id = await world.connect('okta');
  const grantkeep = await client();
  const sent: string[] = [];
  const okta = grantkeepFetch(grantkeep, id, {
    baseUrl: new URL('/okta', world.me('okta')),
    fetch: (url, init) => {
      sent.push(String(url));
      return fetch(url, init);
    },
  });
  for (const url of ['https://evil.example/me', '//evil.example/me', 'http:evil.example', 'data:,x'])
    await okta(url).then(
      () => expect(sent.at(-1)).toMatch(new RegExp(`^${new URL(world.me('okta')).origin}/`)),
      (error: unknown) => expect(error).toBeInstanceOf(TypeError),
    );
  sent.length = 0;
  await world.endAccessToken((await grantkeep.getToken(id)).value);
  const answer = await okta('me', { headers: { connection: 'close' } });
  expect([answer.status, sent]).toEqual([200, [world.me('okta'), world.me('okta')]]);
  for (const path of ['/me', 'me', world.me('okta'), new URL(world.me('okta'))])
    expect((await okta(path, { headers: { connection: 'close' } })).status).toBe(200);
  expect(() => grantkeepFetch(grantkeep, id, { baseUrl: 'http://api.example.com' })).toThrow(TypeError);
});

test('a token of a connection that was revoked is kept until the application forgets it', async () => {
  const id = await world.connect('google');
  const grantkeep = await client();
  await grantkeep.getToken(id);
  await (await client()).call('revokeConnection', { path: { id } });
  expect((await grantkeep.getToken(id)).provider).toBe('google');
  grantkeep.forget(id);
  expect(await faultOf(grantkeep.getToken(id))).toMatchObject({ code: 'revoked' });
});
