import { eq, inArray, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { providerStops } from '#lib/db/schema/provider-stops';
import { AppError } from '#lib/errors';
import { listProviderStops, resumeProvider } from '#lib/provider-calls/provider-stop';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { vendToken } from '#lib/tokens/vend-token';
import { raisedBy } from '#tests/alerts';
import { addConnection, addFreshAdministrator, addPerson, entries, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

beforeEach(async () => {
  // The background of a test leaves the connections of others alone.
  await hub.database.db.update(connections).set({ nextRefreshAttemptAt: sql`now() + interval '1 year'` });
});

const refusesAll = json(400, { error: 'invalid_grant' });
const doubted = { code: 'grant_in_doubt', status: 503 };
const system = () => systemContext(hub.runtime, 'test');

/** The connection of another person each time, with an access token that is over. */
async function ofAnother(given: { expiresIn?: number; age?: number } = {}): Promise<string> {
  const { id: personId } = await addPerson(hub.runtime);
  const refreshToken = hub.server.grant();
  return addConnection(hub.runtime, {
    ...{ personId, refreshToken, expiresIn: -5, age: 3605, lastUsedAt: new Date() },
    ...given,
  });
}

/** Lets so many minutes pass for everything that was refused or stopped. */
async function minutesPass(minutes: number): Promise<void> {
  const { db } = hub.database;
  const span = sql`make_interval(mins => ${minutes}::int)`;
  await db.update(connections).set({
    refusedAt: sql`${connections.refusedAt} - ${span}`,
    nextRefreshAttemptAt: sql`${connections.nextRefreshAttemptAt} - ${span}`,
  });
  await db.update(providerStops).set({ nextProbeAt: sql`${providerStops.nextProbeAt} - ${span}` });
}

const statuses = async (ids: string[]) => Promise.all(ids.map(async (id) => (await rowOf(hub.runtime, id)).status));
const vend = (id: string, ctx = hub.ctx) => vendToken(ctx, { id });

describe('F-21 a grant that is refused', () => {
  test('is in doubt at first: a token that lives is vended, callers are told when to come back', async () => {
    const id = await ofAnother({ expiresIn: 30, age: 3570 });
    hub.server.behaviour.instead = refusesAll;
    expect((await vend(id)).accessToken).toBe(`at_${id}`);
    expect((await vend(id)).accessToken).toBe(`at_${id}`);
    expect(hub.server.requests).toBe(1);
    await hub.database.db
      .update(connections)
      .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
      .where(eq(connections.id, id));
    await expect(vend(id, hub.otherProcess())).rejects.toMatchObject(doubted);
    expect(hub.server.requests).toBe(1);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', lastRefreshError: 'invalid_grant' });
  });

  test('lives on where it was the provider’s bad hour', async () => {
    const id = await ofAnother();
    hub.server.behaviour.instead = refusesAll;
    await expect(vend(id)).rejects.toMatchObject(doubted);
    await minutesPass(6);
    hub.server.behaviour.instead = null;
    expect(hub.server.isLive((await vend(id)).accessToken)).toBe(true);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', lastRefreshError: null });
  });

  test('is over at the second refusal, which the background finds without any caller', async () => {
    const id = await ofAnother();
    hub.server.behaviour.instead = refusesAll;
    await expect(vend(id)).rejects.toMatchObject(doubted);
    await refreshDueConnections(systemContext(hub.runtime, 'jobs'));
    expect(hub.server.requests).toBe(1);
    await minutesPass(6);
    await refreshDueConnections(systemContext(hub.runtime, 'jobs'));
    expect(hub.server.requests).toBe(2);
    expect(await statuses([id])).toEqual(['needs_reconnect']);
  });

  test('is in doubt anew where a newer token is refused', async () => {
    const id = await ofAnother();
    await hub.refusedBefore(id);
    await vend(id);
    await hub.database.db
      .update(connections)
      .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
      .where(eq(connections.id, id));
    hub.server.behaviour.instead = refusesAll;
    await expect(vend(id)).rejects.toMatchObject(doubted);
  });
});

describe('F-21 a provider that refuses several people within minutes', () => {
  /** Eight people's connections, of which the provider refused all that it was asked for. */
  async function badHour(): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < 8; n++) ids.push(await ofAnother());
    hub.server.behaviour.instead = refusesAll;
    for (const id of ids) await expect(vend(id)).rejects.toMatchObject({ status: 503 });
    return ids;
  }

  test('is not asked any more, at any process; none is over, and it is one critical alert', async () => {
    let ids: string[] = [];
    const found = await raisedBy(hub.runtime, async () => {
      ids = await badHour();
    });
    expect(found).toEqual(['provider_stopped acme']);
    expect(hub.server.requests).toBe(3);
    const later = await ofAnother();
    await expect(vend(later, hub.otherProcess())).rejects.toMatchObject({ code: 'provider_unavailable' });
    await refreshDueConnections(systemContext(hub.runtime, 'jobs'));
    expect(hub.server.requests).toBe(3);
    expect(new Set(await statuses(ids))).toEqual(new Set(['connected']));
    const live = await ofAnother({ expiresIn: 30, age: 3570 });
    expect((await vend(live)).accessToken).toBe(`at_${live}`);
    expect(await listProviderStops(system())).toMatchObject([{ provider: { id: 'acme' }, people: 3 }]);
  });

  test('goes on where answers died with our process: each grant is over at once, and the others are renewed', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await ofAnother());
    await hub.database.db
      .update(connections)
      .set({ lastRefreshError: 'answer_lost' })
      .where(inArray(connections.id, ids));
    hub.server.behaviour.instead = refusesAll;
    for (const id of ids) await expect(vend(id)).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(await listProviderStops(system())).toEqual([]);
    hub.server.behaviour.instead = null;
    expect(hub.server.isLive((await vend(await ofAnother())).accessToken)).toBe(true);
  });

  test('is not asked any more where its own bad hour lost the answers', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await ofAnother());
    await hub.database.db
      .update(connections)
      .set({ lastRefreshError: 'provider_timeout' })
      .where(inArray(connections.id, ids));
    hub.server.behaviour.instead = refusesAll;
    for (const id of ids) await vend(id).catch(() => {});
    expect(hub.server.requests).toBe(3);
    expect(await listProviderStops(system())).toMatchObject([{ provider: { id: 'acme' } }]);
  });

  test('is tried by one refresh in two minutes, and goes on by its success: every grant works', async () => {
    const ids = await badHour();
    await minutesPass(6);
    await expect(vend(ids[0] ?? '')).rejects.toMatchObject(doubted);
    await expect(vend(ids[1] ?? '')).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(hub.server.requests).toBe(4);
    // Refused twice, but while nothing is final.
    expect(new Set(await statuses(ids))).toEqual(new Set(['connected']));
    hub.server.behaviour.instead = null;
    await minutesPass(6);
    for (const id of ids) expect(hub.server.isLive((await vend(id)).accessToken)).toBe(true);
    expect(await listProviderStops(system())).toEqual([]);
  });

  test('is tried by the background where no caller comes', async () => {
    const ids = await badHour();
    hub.server.behaviour.instead = null;
    await minutesPass(6);
    const { refreshed } = await refreshDueConnections(systemContext(hub.runtime, 'jobs'));
    expect(refreshed).toBeGreaterThan(0);
    expect(await listProviderStops(system())).toEqual([]);
    expect(new Set(await statuses(ids))).toEqual(new Set(['connected']));
  });

  test('goes on by an administrator: then refusals are final, and nothing stops them for an hour', async () => {
    const ids = await badHour();
    const { ctx } = await addPerson(hub.runtime, { role: 'administrator' });
    for (const other of [ctx(), ctx('auditor'), ctx('user')])
      await expect(resumeProvider(other, { provider: 'acme', reason: 'x' })).rejects.toBeInstanceOf(AppError);
    expect(await listProviderStops(system())).toHaveLength(1);
    const administrator = await addFreshAdministrator(hub.runtime);
    await resumeProvider(administrator, { provider: 'acme', reason: 'the application was removed there' });
    await resumeProvider(administrator, { provider: 'acme', reason: 'once more' });
    const told = (await entries(hub.runtime)).filter(({ action }) => action === 'provider.resumed');
    expect(told.map(({ code }) => code)).toContain('by_person');
    await minutesPass(6);
    for (const id of ids.slice(0, 3)) await expect(vend(id)).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(await listProviderStops(system())).toEqual([]);
  });

  test('others that are renewed meanwhile say that it is the people, and nothing is stopped', async () => {
    const gone: string[] = [];
    for (let n = 0; n < 3; n++) gone.push(await ofAnother());
    const [first = '', ...rest] = gone;
    hub.server.behaviour.instead = refusesAll;
    await expect(vend(first)).rejects.toMatchObject(doubted);
    hub.server.behaviour.instead = null;
    for (let n = 0; n < 4; n++) await vend(await ofAnother());
    hub.server.behaviour.instead = refusesAll;
    for (const id of rest) await expect(vend(id)).rejects.toMatchObject(doubted);
    expect(await listProviderStops(system())).toEqual([]);
  });

  test('several connections of one person are not several people', async () => {
    hub.server.behaviour.instead = refusesAll;
    for (let n = 0; n < 4; n++) await expect(vend(await hub.expired())).rejects.toMatchObject(doubted);
    expect(await listProviderStops(system())).toEqual([]);
  });
});
