import type { ServerResponse } from 'node:http';
import { setImmediate as turnOver } from 'node:timers/promises';
import { isNotNull, sql } from 'drizzle-orm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { callProtected } from '#lib/provider-calls/call-protected';
import { protectionOf } from '#lib/provider-calls/protections';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { listSickProviders } from '#lib/status/provider-health';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection, addPerson, createRuntime, entries, plainRecord, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';
import { startTokenServer } from '#tests/servers/token-server';

const hub = refreshHub();

afterEach(() => {
  vi.useRealTimers();
});

/** What the hub's refreshes ask, for an account that no test limits. */
const acme = () => ({ provider: 'acme', host: new URL(hub.server.issuer).host, account: 'of the test' });

const vendExpired = async () => vendToken(hub.ctx, { id: await hub.expired() });
const administrator = async () => (await addPerson(hub.runtime, { role: 'administrator' })).ctx();

/** Moves the clock by which the circuit waits, and holds it there; nothing else stops. */
function later(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
}

/** From here on the pause is over when a test says so, however busy the machine is. */
async function stopAnswering(instead = json(503, {})): Promise<void> {
  later(0);
  hub.server.behaviour.instead = instead;
  for (let n = 0; n < 5; n++) await expect(vendExpired()).rejects.toMatchObject({ code: 'provider_unavailable' });
  expect(hub.server.requests).toBe(5);
}

describe('a provider that is not answering', () => {
  test('is not asked after five failures in a row: callers are told at once, and live tokens are vended', async () => {
    await stopAnswering();
    const id = await hub.expired();
    const refused = await vendToken(hub.ctx, { id }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'provider_unavailable', status: 503 });
    expect((refused as AppError).retryAfterSeconds).toBeGreaterThan(0);
    expect((refused as AppError).retryAfterSeconds).toBeLessThanOrEqual(5);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ leaseOwner: null, lastRefreshError: null, generation: 1 });
    expect((await entries(hub.runtime, id)).map(({ action }) => action)).toEqual(['token.denied']);
    const due = { personId: hub.personId, refreshToken: hub.server.grant(), expiresIn: 30, age: 3570 };
    const live = await addConnection(hub.runtime, due);
    expect((await vendToken(hub.ctx, { id: live })).accessToken).toBe(`at_${live}`);
    expect(hub.server.requests).toBe(5);
  });

  test('is tried by one call when the pause is over; its success lets all through', async () => {
    await stopAnswering();
    later(6);
    hub.server.behaviour.instead = null;
    const { atProvider, answer } = hub.holdAnswer();
    const probe = vendExpired();
    await atProvider;
    await expect(vendExpired()).rejects.toMatchObject({ code: 'provider_unavailable' });
    answer();
    expect(hub.server.isLive((await probe).accessToken)).toBe(true);
    expect(hub.server.isLive((await vendExpired()).accessToken)).toBe(true);
    expect(hub.server.requests).toBe(7);
  });

  test('has a longer pause after each such call that failed', async () => {
    await stopAnswering();
    later(6);
    await expect(vendExpired()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(hub.server.requests).toBe(6);
    // Doubled, of which at most half is taken off: five seconds at least.
    later(4);
    await expect(vendExpired()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(hub.server.requests).toBe(6);
    later(7);
    await expect(vendExpired()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(hub.server.requests).toBe(7);
  });

  test('has the pause that it asked for by Retry-After', async () => {
    await stopAnswering(json(429, {}, { 'retry-after': '120' }));
    await expect(vendExpired()).rejects.toMatchObject({ retryAfterSeconds: 120 });
    later(110);
    await expect(vendExpired()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(hub.server.requests).toBe(5);
    later(121);
    await expect(vendExpired()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(hub.server.requests).toBe(6);
  });

  test('costs a refused caller nothing but its ledger entry: no lease, nothing written on the row', async () => {
    await stopAnswering();
    const ids = await Promise.all(Array.from({ length: 5 }, () => hub.expired()));
    const versions = async () =>
      rowsOf(await hub.database.db.execute(sql`select id, xmin::text, ctid::text from connections order by id`));
    const before = await versions();
    // Also when the pause is over: beside the one call that tries, no caller takes a lease.
    const refused = async (id: string) =>
      expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'provider_unavailable' });
    await Promise.all(ids.map(refused));
    expect(await versions()).toEqual(before);
    for (const id of ids) expect(await hub.actions(id)).toEqual(['token.denied']);
    later(6);
    const { atProvider, answer } = hub.holdAnswer();
    hub.server.behaviour.instead = null;
    const refusals: unknown[] = [];
    const allOthers = Promise.withResolvers<void>();
    const calls = ids.map((id) =>
      vendToken(hub.ctx, { id }).catch((error: unknown) => {
        if (refusals.push(error) === ids.length - 1) allOthers.resolve();
      }),
    );
    await Promise.all([atProvider, allOthers.promise]);
    const [trying] = await hub.database.db.select().from(connections).where(isNotNull(connections.leaseOwner));
    answer();
    await Promise.all(calls);
    expect(refusals.map((error) => (error as AppError).code)).toEqual(ids.slice(1).map(() => 'provider_unavailable'));
    const others = (rows: Awaited<ReturnType<typeof versions>>) => rows.filter(({ id }) => id !== trying?.id);
    expect(others(await versions())).toEqual(others(before));
  });

  test('holds back those who ask again and again, and serves them when it answers by then', async () => {
    await stopAnswering();
    const ids = await Promise.all(Array.from({ length: 50 }, () => hub.expired()));
    const now = Date.now();
    // The pace of refusals stands still, too, a minute after whatever was refused before.
    vi.useFakeTimers({ toFake: ['setTimeout', 'Date', 'performance'], now });
    vi.advanceTimersByTime(60_000);
    vi.setSystemTime(now);
    let refused = 0;
    const calls = ids.map((id) =>
      vendToken(hub.ctx, { id }).catch((error: unknown) => {
        refused += 1;
        return error;
      }),
    );
    // Not polled by vitest, which would move the timers on.
    while (protectionOf(hub.ctx, acme()).held + refused < ids.length) await turnOver();
    expect(refused).toBe(20);
    vi.setSystemTime(now + 6000);
    hub.server.behaviour.instead = null;
    await callProtected(hub.ctx, acme(), 1000, (ask) => ask(async () => {}));
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    const answers = await Promise.all(calls);
    expect(answers.filter((each) => each instanceof AppError)).toHaveLength(20);
    expect(protectionOf(hub.ctx, acme()).held).toBe(0);
  });

  test('is left alone by the background', async () => {
    await stopAnswering();
    await hub.expired({ lastUsedAt: new Date() });
    expect(await refreshDueConnections(systemContext(hub.runtime, 'jobs'))).toEqual({ refreshed: 0, failed: 0 });
    expect(hub.server.requests).toBe(5);
  });

  test('is shown to those who may see everything, and to nobody else', async () => {
    expect(await listSickProviders(await administrator())).toEqual([]);
    await stopAnswering();
    expect(await listSickProviders(await administrator())).toMatchObject([
      { provider: { id: 'acme', name: 'Acme' }, since: expect.any(Date), askedAgainAt: expect.any(Date) },
    ]);
    const { ctx } = await addPerson(hub.runtime);
    await expect(listSickProviders(ctx())).rejects.toThrow(new AppError('forbidden'));
    later(6);
    hub.server.behaviour.instead = null;
    await vendExpired();
    expect(await listSickProviders(await administrator())).toEqual([]);
  });
});

test.each([
  ['dead grants', json(400, { error: 'invalid_grant' })],
  ['refused credentials', json(401, { error: 'invalid_client' })],
  ['answers that cannot be read', json(200, { hello: 'world' })],
])('%s are answers: the provider goes on being asked', async (_, instead) => {
  hub.server.behaviour.instead = instead;
  for (let n = 0; n < 7; n++) await expect(vendExpired()).rejects.toBeInstanceOf(AppError);
  expect(hub.server.requests).toBe(7);
});

test('an answer between failures begins the count anew', async () => {
  for (const instead of [json(503, {}), json(400, { error: 'invalid_grant' })]) {
    hub.server.behaviour.instead = instead;
    for (let n = 0; n < 4; n++) await expect(vendExpired()).rejects.toBeInstanceOf(AppError);
  }
  hub.server.behaviour.instead = json(503, {});
  for (let n = 0; n < 4; n++) await expect(vendExpired()).rejects.toBeInstanceOf(AppError);
  expect(hub.server.requests).toBe(12);
  expect(await listSickProviders(await administrator())).toEqual([]);
});

test('as many refreshes as allowed are under way at a provider; others wait without a lease, and all are served', async () => {
  const ctx = { ...hub.ctx, config: { ...hub.ctx.config, refreshConcurrency: 2 } };
  const ids = await Promise.all(Array.from({ length: 6 }, () => hub.expired()));
  const both = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  let arrived = 0;
  let atOnce = 0;
  let mostAtOnce = 0;
  hub.server.behaviour.beforeAnswer = async () => {
    arrived += 1;
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    if (arrived === 2) both.resolve();
    await answer.promise;
    atOnce -= 1;
  };
  const vends = Promise.all(ids.map((id) => vendToken(ctx, { id })));
  await both.promise;
  expect(hub.server.requests).toBe(2);
  const rows = await Promise.all(ids.map((id) => rowOf(hub.runtime, id)));
  expect(rows.filter(({ leaseOwner }) => leaseOwner !== null)).toHaveLength(2);
  answer.resolve();
  expect((await vends).every(({ accessToken }) => hub.server.isLive(accessToken))).toBe(true);
  expect([hub.server.requests, mostAtOnce]).toEqual([6, 2]);
});

test('waiting for a slot has an end, and who has given up is not served later', async () => {
  const ctx = { ...hub.ctx, config: { ...hub.ctx.config, refreshConcurrency: 1 } };
  const id = await hub.expired();
  const { atProvider, answer } = hub.holdAnswer();
  const first = vendToken(ctx, { id });
  await atProvider;
  const work = vi.fn(async () => {});
  await expect(callProtected(ctx, acme(), 10, work)).rejects.toMatchObject({
    code: 'provider_unavailable',
    retryAfterSeconds: 2,
  });
  answer();
  await first;
  await callProtected(ctx, acme(), 1000, async () => {});
  expect(work).not.toHaveBeenCalled();
});

test('a provider that hangs slows no other, and those who wait for it are let go together', async () => {
  const well = await startTokenServer();
  const records = [plainRecord(hub.server.issuer), plainRecord(well.issuer, 'well')];
  const runtime = createRuntime(hub.database, records);
  const ctx = { ...hub.ctx, ...runtime, config: { ...runtime.config, refreshConcurrency: 5 } };
  const hanging: ServerResponse[] = [];
  const allHang = Promise.withResolvers<void>();
  hub.server.behaviour.instead = (response) => {
    hanging.push(response);
    if (hanging.length === 5) allHang.resolve();
  };
  const waiting = await Promise.all(Array.from({ length: 30 }, async () => ({ id: await hub.expired() })));
  const failures = waiting.map(({ id }) => vendToken(ctx, { id }).catch((error: unknown) => error));
  await allHang.promise;
  // Every slot of the sick one is taken; the other's background and callers are served meanwhile.
  for (let n = 0; n < 10; n++) {
    const refreshToken = well.grant();
    const id = await addConnection(runtime, { personId: hub.personId, provider: 'well', refreshToken, expiresIn: -1 });
    expect(well.isLive((await vendToken(ctx, { id })).accessToken)).toBe(true);
  }
  expect(hanging).toHaveLength(5);
  // Four more begin before the fifth failure is read; no other call needs to wait for their end.
  hub.server.behaviour.instead = json(503, {});
  for (const response of hanging) response.destroy();
  const answers = await Promise.all(failures);
  expect(answers.map((error) => (error as AppError).code)).toEqual(waiting.map(() => 'provider_unavailable'));
  expect(hub.server.requests).toBeLessThan(10);
  await well.close();
});
