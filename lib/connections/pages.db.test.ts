import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { listProviderCards } from '#lib/connections/cards';
import { connectionHistory, foldHistory } from '#lib/connections/history';
import type { Context, Runtime } from '#lib/context';
import { newConnectionId, newPersonId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { revokeConnection } from '#lib/revocation/revoke';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
beforeAll(() => {
  const plain = (id: string, more: Record<string, unknown> = {}) => ({
    ...plainRecord('http://localhost:1', id),
    revocation_endpoint: undefined,
    ...more,
  });
  const records = [
    plain('acme'),
    plain('beta'),
    plain('entry', { connect: false, sign_in: true, sign_in_scopes: ['openid'] }),
  ];
  runtime = createRuntime(database.current, records);
});

describe('the history of a connection', () => {
  async function withEvents(): Promise<{ id: string; own: Context; personId: string }> {
    const { id: personId, ctx } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    const key = await addApiKey(runtime, { name: 'billing-sync' });
    const about = { personId, connectionId: id, provider: 'acme' };
    await record(database.db, ctx(), { action: 'connection.created', ...about });
    for (let n = 0; n < 3; n++) await record(database.db, key.ctx, { action: 'token.vended', ...about });
    await record(database.db, key.ctx, { action: 'token.denied', outcome: 'refused', code: 'frozen', ...about });
    await record(
      database.db,
      { actor: { type: 'system', name: 'jobs' }, ip: null, requestId: 'req_1' },
      { action: 'token.refreshed', ...about },
    );
    await record(database.db, (await addPerson(runtime, { role: 'administrator' })).ctx(), {
      action: 'connection.revoked',
      ...about,
    });
    return { id, own: ctx(), personId };
  }

  test('is newest first, with runs of like events folded and who did it in words', async () => {
    const { id, own } = await withEvents();
    const lines = (await connectionHistory(own, { id })).map(({ action, by, count, code }) => [
      action,
      by,
      count,
      code,
    ]);
    expect(lines).toEqual([
      ['connection.revoked', 'An administrator', 1, null],
      ['token.refreshed', 'Grantkeep', 1, null],
      ['token.denied', 'billing-sync', 1, 'frozen'],
      ['token.vended', 'billing-sync', 3, null],
      ['connection.created', 'You', 1, null],
    ]);
  });

  test('names its person to administrators and auditors, who see it too', async () => {
    const { id } = await withEvents();
    for (const role of ['administrator', 'auditor'] as const) {
      const lines = await connectionHistory((await addPerson(runtime)).ctx(role), { id });
      expect(lines.at(-1)).toMatchObject({ action: 'connection.created', by: 'The person' });
    }
  });

  test('is not found for anybody else, nor for a connection that is not there', async () => {
    const { id, own, personId } = await withEvents();
    const others = [
      (await addPerson(runtime)).ctx(),
      as(runtime, { type: 'anonymous' }),
      (await addApiKey(runtime, { scopes: ['connections:read'] })).ctx,
    ];
    for (const ctx of others) await expect(connectionHistory(ctx, { id })).rejects.toMatchObject({ code: 'not_found' });
    for (const absent of [newConnectionId(personId), newConnectionId(newPersonId()), '', 'con_x']) {
      await expect(connectionHistory(own, { id: absent })).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  test('folds only what says the same of the same caller', () => {
    const event = {
      outcome: 'ok' as const,
      code: null,
      actorType: 'api_key' as const,
      ip: null,
      requestId: null,
      details: {},
    };
    const events = [
      { ...event, at: new Date(5000), action: 'token.vended', actorId: 'a', count: 2 },
      { ...event, at: new Date(4000), action: 'token.vended', actorId: 'a', count: 1 },
      { ...event, at: new Date(3000), action: 'token.vended', actorId: 'b', count: 1 },
      { ...event, at: new Date(2000), action: 'token.vended', actorId: 'b', count: 1, code: 'x' },
      {
        ...event,
        at: new Date(1000),
        action: 'token.vended',
        actorId: 'b',
        count: 1,
        outcome: 'refused' as const,
        code: 'x',
      },
    ];
    const folded = foldHistory(events, 'UTC', ({ actorId }) => String(actorId));
    expect(folded.map(({ by, count, at, until }) => [by, count, at.getTime(), until.getTime()])).toEqual([
      ['a', 3, 4000, 5000],
      ['b', 1, 3000, 3000],
      ['b', 1, 2000, 2000],
      ['b', 1, 1000, 1000],
    ]);
  });
});

describe('the cards', () => {
  test('are one for each provider to connect, in the operator’s order, with one’s own accounts only', async () => {
    const ada = await addPerson(runtime);
    const other = await addPerson(runtime);
    const id = await addConnection(runtime, { personId: ada.id });
    await addConnection(runtime, { personId: other.id });
    const cards = (await listProviderCards(ada.ctx())).items;
    expect(
      cards.map(({ provider, configured, connections }) => [
        provider.id,
        configured,
        connections.map((view) => view.id),
      ]),
    ).toEqual([
      ['acme', true, [id]],
      ['beta', true, []],
    ]);
    await expect(listProviderCards(as(runtime, { type: 'anonymous' }))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  test('show a provider that was taken out as long as there is a connection to end', async () => {
    const { id: personId, ctx } = await addPerson(runtime);
    await addConnection(runtime, { personId, provider: 'gone' });
    expect((await listProviderCards(ctx())).items.at(-1)).toMatchObject({
      provider: { id: 'gone', name: 'gone' },
      configured: false,
    });
  });

  test('say which providers are paused, for whom', async () => {
    const [ada, grace] = [await addPerson(runtime), await addPerson(runtime)];
    const paused = async ({ ctx }: typeof ada) =>
      (await listProviderCards(ctx())).items.filter((one) => one.paused).map(({ provider }) => provider.id);
    const frozen = async (scope: Parameters<typeof freeze>[1], target = '') => {
      await freeze(runtime, scope, target);
      const both = [await paused(ada), await paused(grace)];
      await database.db.execute(sql`delete from freezes where scope = ${scope}`);
      return both;
    };
    expect([await paused(ada), await paused(grace)]).toEqual([[], []]);
    expect(await frozen('provider', 'beta')).toEqual([['beta'], ['beta']]);
    expect(await frozen('person', ada.id)).toEqual([['acme', 'beta'], []]);
    expect(await frozen('connection', newConnectionId(ada.id))).toEqual([[], []]);
    expect(await frozen('everything')).toEqual([
      ['acme', 'beta'],
      ['acme', 'beta'],
    ]);
  });

  test('show a revoked account for a day, and then as long as the provider has not confirmed', async () => {
    const { id: personId, ctx } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    await revokeConnection(ctx(), { id });
    await Promise.all(runtime.background);
    const shown = async () =>
      (await listProviderCards(ctx())).items.flatMap(({ connections }) => connections.map(({ status }) => status));
    expect(await shown()).toEqual(['revoked']);
    await database.db.execute(sql`update connections set revoked_at = now() - interval '25 hours' where id = ${id}`);
    expect(await shown()).toEqual([]);
    await database.db.execute(sql`update revocations set state = 'pending' where connection_id = ${id}`);
    expect(await shown()).toEqual(['revoked']);
  });

  test.each<[string, Parameters<typeof addConnection>[1]['values'], number | null, string, beneath?: string]>([
    ['connected', {}, 3600, 'connected'],
    ['frozen and to be refreshed', { refreshToken: 'sealed' }, -10, 'frozen', 'refresh_due'],
    ['without a known end', {}, null, 'connected'],
    ['with less than a minute', {}, 50, 'refresh_due'],
    ['over, to be refreshed', { refreshToken: 'sealed' }, -10, 'refresh_due'],
    ['over, with nothing to refresh it', {}, -10, 'needs_reconnect'],
    ['frozen', {}, 3600, 'frozen', 'connected'],
    ['frozen and dead', { status: 'needs_reconnect' }, 3600, 'frozen', 'needs_reconnect'],
    ['dead', { status: 'needs_reconnect' }, 3600, 'needs_reconnect'],
    ['revoked and frozen', { status: 'revoked', revokedAt: new Date() }, 3600, 'revoked'],
  ])('an account that is %s shows so', async (name, values, expiresIn, status, beneath) => {
    const { id: personId, ctx } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId, expiresIn, age: 3600, ...(values ? { values } : {}) });
    if (name.includes('frozen')) await freeze(runtime, 'connection', id);
    const [view] = (await listProviderCards(ctx())).items[0]?.connections ?? [];
    expect(view?.status).toBe(status);
    expect(view?.beneath).toBe(beneath ?? null);
    expect(view?.token === null).toBe(view?.status === 'revoked' || values?.status === 'needs_reconnect');
  });

  test('name the scopes that were asked and not granted, and none where the provider does not say', async () => {
    const { id: personId, ctx } = await addPerson(runtime);
    await addConnection(runtime, { personId, values: { scopesGranted: ['read'] } });
    await addConnection(runtime, { personId, values: { scopesGranted: null } });
    const views = (await listProviderCards(ctx())).items[0]?.connections ?? [];
    const said = views.map(({ scopes, missingScopes }) => [
      scopes?.map(({ name }) => name) ?? null,
      missingScopes.map(({ name }) => name),
    ]);
    expect(said).toEqual(
      expect.arrayContaining([
        [['read'], ['write']],
        [null, []],
      ]),
    );
  });

  test('carry no token, sealed or open', async () => {
    const { id: personId, ctx } = await addPerson(runtime);
    await addConnection(runtime, { personId, accessToken: 'canary-access', refreshToken: 'canary-refresh' });
    const text = JSON.stringify((await listProviderCards(ctx())).items);
    expect(text).not.toMatch(/canary-|eyJ/);
  });
});
