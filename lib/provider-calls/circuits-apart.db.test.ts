import { eq } from 'drizzle-orm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { OAuthError } from '#lib/oauth/types';
import { callProtected, NotAsked } from '#lib/provider-calls/call-protected';
import { mostHosts, protectionOf, protectionsOf } from '#lib/provider-calls/protections';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { listSickProviders } from '#lib/status/provider-health';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection, createRuntime, freeze, plainRecord, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

const hub = refreshHub();

afterEach(() => {
  vi.useRealTimers();
});

/** Moves the clock by which the circuits wait, and holds it there; nothing else stops. */
function later(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
}

const vendExpired = async () => vendToken(hub.ctx, { id: await hub.expired() });
const refused = (id: string, ctx: Context = hub.ctx) =>
  expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'provider_unavailable' });
const sick = (ctx: Context = hub.ctx) => listSickProviders(systemContext(ctx, 'test'));
const asked429 = json(429, {}, { 'retry-after': '3600' });

/** Five failures in a row for one connection. */
async function fail(id: string, ctx: Context = hub.ctx): Promise<void> {
  for (let n = 0; n < 5; n++) await refused(id, ctx);
}

describe('F-07 429 to one account', () => {
  test('is of that account: it is left alone, and everybody else is served', async () => {
    later(0);
    const limited = await hub.expired();
    hub.server.behaviour.instead = asked429;
    await fail(limited);
    expect(hub.server.requests).toBe(5);
    hub.server.behaviour.instead = null;
    await expect(vendToken(hub.ctx, { id: limited })).rejects.toMatchObject({ retryAfterSeconds: 300 });
    for (let n = 0; n < 3; n++) expect(hub.server.isLive((await vendExpired()).accessToken)).toBe(true);
    expect(hub.server.requests).toBe(8);
    expect(await sick()).toEqual([]);
    expect(await refreshDueConnections(systemContext(hub.runtime, 'jobs'))).toEqual({ refreshed: 0, failed: 0 });
    await hub.expired({ lastUsedAt: new Date() });
    expect(await refreshDueConnections(systemContext(hub.runtime, 'jobs'))).toEqual({ refreshed: 1, failed: 0 });
  });

  test('is over after some minutes where one call finds it so, although more was asked for', async () => {
    later(0);
    const limited = await hub.expired();
    hub.server.behaviour.instead = asked429;
    await fail(limited);
    later(299);
    await refused(limited);
    later(301);
    await refused(limited);
    expect(hub.server.requests).toBe(6);
    later(299);
    await refused(limited);
    expect(hub.server.requests).toBe(6);
    later(301);
    hub.server.behaviour.instead = null;
    expect(hub.server.isLive((await vendToken(hub.ctx, { id: limited })).accessToken)).toBe(true);
  });

  test('is of the host once several accounts got it and none was answered', async () => {
    later(0);
    hub.server.behaviour.instead = asked429;
    for (let n = 0; n < 5; n++) await refused(await hub.expired());
    expect(await sick()).toMatchObject([{ provider: { id: 'acme' } }]);
    await refused(await hub.expired());
    expect(hub.server.requests).toBe(5);
  });

  test('two accounts, however often, are not several', async () => {
    later(0);
    const ids = [await hub.expired(), await hub.expired()];
    hub.server.behaviour.instead = asked429;
    for (const id of ids) await fail(id);
    hub.server.behaviour.instead = null;
    expect(hub.server.isLive((await vendExpired()).accessToken)).toBe(true);
  });
});

describe('F-07 a host for each tenant', () => {
  /** A provider with tenants that these two servers serve, `one` and `two`. */
  function tenants(two: TokenServer) {
    const servers: Record<string, string> = { one: hub.server.issuer, two: two.issuer };
    const record = {
      ...plainRecord(hub.server.issuer),
      issuer: 'https://{tenant}.acme.test',
      token_endpoint: 'https://{tenant}.acme.test/token',
      account_params: [{ name: 'tenant', label: 'Tenant', example: 'one', pattern: '^[a-z]+$' }],
    };
    const runtime = createRuntime(hub.database, [record]);
    const operatorHosts = Object.values(servers).map((issuer) => new URL(issuer).host);
    const fetcher: Context['fetch'] = (input, init) => {
      const url = new URL(String(input));
      const [tenant = ''] = url.hostname.split('.');
      return runtime.fetch(`${servers[tenant]}${url.pathname}`, { ...init, operatorHosts });
    };
    const ctx: Context = { ...hub.ctx, ...runtime, fetch: fetcher };
    const at = (tenant: 'one' | 'two') =>
      addConnection(ctx, {
        personId: hub.personId,
        refreshToken: (tenant === 'one' ? hub.server : two).grant(),
        expiresIn: -5,
        age: 3605,
        lastUsedAt: new Date(),
        values: { accountParams: { tenant } },
      });
    return { ctx, at };
  }

  test('one that is down leaves the other tenants alone, callers and background', async () => {
    later(0);
    const two = await startTokenServer();
    const { ctx, at } = tenants(two);
    hub.server.behaviour.instead = json(503, {});
    for (let n = 0; n < 5; n++) await refused(await at('one'), ctx);
    const down = await at('one');
    await refused(down, ctx);
    expect(hub.server.requests).toBe(5);
    expect(two.isLive((await vendToken(ctx, { id: await at('two') })).accessToken)).toBe(true);
    expect(await sick(ctx)).toMatchObject([{ sickHosts: ['one.acme.test'], othersAnswer: true, pausedIn: 1 }]);
    const others = [await at('two'), await at('two')];
    expect(await refreshDueConnections(systemContext(ctx, 'jobs'))).toEqual({ refreshed: 2, failed: 0 });
    for (const id of others) expect(await rowOf(ctx, id)).toMatchObject({ generation: 2 });
    expect(await rowOf(ctx, down)).toMatchObject({ generation: 1, lastRefreshError: null, leaseOwner: null });
    expect(hub.server.requests).toBe(5);
    await two.close();
  });

  test('what is known of hosts and accounts is bounded', async () => {
    const first = protectionOf(hub.ctx, { provider: 'acme', host: 'first' });
    first.circuit.failed(0, 5);
    for (let n = 0; n < mostHosts + 10; n++) protectionOf(hub.ctx, { provider: 'acme', host: `host${n}` });
    expect(protectionsOf(hub.ctx).size).toBe(mostHosts);
    // The healthy ones are forgotten first.
    expect(protectionOf(hub.ctx, { provider: 'acme', host: 'first' })).toBe(first);
  });
});

describe('F-08 a fault of our own while one call tries', () => {
  const unknownKey =
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiZ29uZSJ9..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA';
  const faults: [string, (id: string) => Promise<unknown>][] = [
    ['a freeze', (id) => freeze(hub.runtime, 'connection', id)],
    [
      'a token sealed with an unknown key',
      async (id) => {
        await hub.database.db.update(connections).set({ refreshToken: unknownKey }).where(eq(connections.id, id));
      },
    ],
  ];

  test.each(faults)('%s leaves the circuit open', async (_, happens) => {
    later(0);
    hub.server.behaviour.instead = json(503, {});
    for (let n = 0; n < 5; n++) await refused(await hub.expired());
    const id = await hub.expired();
    await happens(id);
    later(60);
    await expect(vendToken(hub.ctx, { id })).rejects.toThrow();
    expect(hub.server.requests).toBe(5);
    expect(await sick()).toHaveLength(1);
    // The next call is the one that tries.
    await refused(await hub.expired());
    expect(hub.server.requests).toBe(6);
    hub.server.behaviour.instead = null;
    later(60);
    expect(hub.server.isLive((await vendExpired()).accessToken)).toBe(true);
    expect(await sick()).toEqual([]);
  });

  test.each<[string, Error]>([
    ['a freeze that is set between the lease and the call', new NotAsked(new AppError('frozen'))],
    ['a lost database', Object.assign(new Error('lost'), { code: 'ECONNRESET' })],
    ['an address that may not be called', new OAuthError('outbound_blocked')],
  ])('%s leaves the circuit open', async (_, fault) => {
    later(0);
    const target = { provider: 'acme', host: 'one.example', account: 'a' };
    const { circuit } = protectionOf(hub.ctx, target);
    circuit.failed(0, 5);
    later(60);
    const call = callProtected(hub.ctx, target, 1000, (ask) => ask(() => Promise.reject(fault)));
    await expect(call).rejects.toBe(fault);
    expect([circuit.isClosed, circuit.turnsAway()]).toEqual([false, false]);
  });
});
