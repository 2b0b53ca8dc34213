import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { systemContext } from '#lib/context';
import { alertProgress } from '#lib/db/schema/alerts';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { statedScopes } from '#lib/db/schema/reviews';
import { scopes as review } from '#lib/reviews/tasks/scopes';
import { type VendTokenInput, vendToken } from '#lib/tokens/vend-token';
import { reachingNow } from '#tests/alerts';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, entries, plainRecord, settle } from '#tests/hub';

const database = sharedDatabase();

beforeEach(async () => {
  for (const table of [alertProgress, connections, statedScopes]) await database.db.delete(table);
  await database.db.execute(sql`truncate ledger`);
});

const record = {
  ...plainRecord('http://127.0.0.1:1'),
  scopes: ['openid', 'read', 'write'],
  scope_aliases: { read: ['https://acme.example/read'] },
  scope_implies: { admin: ['write'] },
};

/** A hub with a connection, and an API key that reads its tokens and states something. */
async function reading() {
  const runtime = createRuntime(database.current, [record]);
  const { id: personId } = await addPerson(runtime);
  const values = { scopesRequested: ['openid', 'read', 'write'], scopesGranted: ['openid', 'read', 'write', 'admin'] };
  const id = await addConnection(runtime, { personId, values });
  const key = await addApiKey(runtime);
  const look = async () => {
    await settle(runtime);
    await evaluateAlerts(systemContext(runtime, 'jobs'), { now: reachingNow() });
  };
  const read = (stated: Omit<VendTokenInput, 'id'>) => vendToken(key.ctx, { id, ...stated });
  const find = async () => {
    await look();
    const found = await review.find(systemContext(runtime, 'jobs'), { from: new Date(0), to: new Date() });
    return found.map(({ subject, result, figures }) => [
      subject.replace(/^acme ?/, ''),
      result,
      figures?.map(({ value }) => value).join(' / '),
    ]);
  };
  return { runtime, id, key, look, read, find };
}

describe('what a service states about a read', () => {
  test('stands in the entry of the read, each scope once, in any spelling that the record knows', async () => {
    const { runtime, id, read } = await reading();
    await read({});
    await read({ purpose: ' Nightly invoices ', scopes: ['write', 'read', 'write', 'https://acme.example/read'] });
    const [silent, stated] = (await entries(runtime, id)).map(({ details }) => details);
    expect(silent).not.toHaveProperty('stated_scopes');
    expect(stated).toMatchObject({
      purpose: 'Nightly invoices',
      stated_scopes: ['https://acme.example/read', 'read', 'write'],
      scopes: ['openid', 'read', 'write', 'admin'],
    });
  });

  test('is among the missing scopes where it was not granted, though nothing asked for it', async () => {
    const { runtime, id, read } = await reading();
    const values = { scopesRequested: ['openid', 'read'], scopesGranted: ['openid', 'read'] };
    await runtime.database.db.update(connections).set(values).where(eq(connections.id, id));
    expect((await read({})).missingScopes).toEqual([]);
    expect((await read({ scopes: ['openid', 'https://acme.example/read'] })).missingScopes).toEqual([]);
    expect((await read({ scopes: ['write', 'read', 'write'] })).missingScopes).toEqual(['write']);
    await runtime.database.db.update(connections).set({ scopesGranted: null }).where(eq(connections.id, id));
    expect((await read({ scopes: ['write'] })).missingScopes).toEqual([]);
  });

  test.each<[string, Omit<VendTokenInput, 'id'>, string]>([
    ['a scope that the connection cannot have', { scopes: ['read', 'delete'] }, 'unknown_scope'],
    ['another case of a scope', { scopes: ['READ'] }, 'unknown_scope'],
    ['a name that every object has', { scopes: ['constructor'] }, 'unknown_scope'],
    ['no scope', { scopes: [] }, 'invalid_request'],
    ['two scopes in one text', { scopes: ['read write'] }, 'invalid_request'],
    ['too many scopes', { scopes: Array.from({ length: 51 }, () => 'read') }, 'invalid_request'],
    ['a long scope', { scopes: ['r'.repeat(256)] }, 'invalid_request'],
    ['an empty purpose', { purpose: '  ' }, 'invalid_request'],
    ['a purpose of two lines', { purpose: 'a\nb' }, 'invalid_request'],
    ['a NUL', { purpose: 'a\0b' }, 'invalid_request'],
    ['an escape sequence', { purpose: '\u001b[31mred' }, 'invalid_request'],
    ['text that turns its direction', { purpose: 'a\u202eb' }, 'invalid_request'],
    ['a line separator', { purpose: 'a\u2028b' }, 'invalid_request'],
    ['half a character', { purpose: 'a\ud800b' }, 'invalid_request'],
    ['a long purpose', { purpose: 'a'.repeat(201) }, 'invalid_request'],
  ])('%s is refused, and nothing is vended', async (_, stated, code) => {
    const { runtime, id, read } = await reading();
    await expect(read(stated)).rejects.toMatchObject({ code, status: 400 });
    const written = (await entries(runtime, id)).map(({ action, code: told }) => [action, told]);
    expect(written).toEqual(code === 'unknown_scope' ? [['token.denied', code]] : []);
  });
});

describe('the review of scopes', () => {
  test('counts what each service stated once, however often it looks, and proposes what none uses', async () => {
    const { look, read, find } = await reading();
    await look();
    await read({ scopes: ['https://acme.example/read'] });
    await look();
    expect(await find()).toEqual([
      ['', 'attention', undefined],
      ['admin', 'attention', '0 / 1 / no call'],
      ['openid', 'fine', '1 / 1 / no call'],
      ['read', 'fine', '1 / 1 / 1 call of 1 API key'],
      ['write', 'attention', '1 / 1 / no call'],
    ]);
    const [row] = await database.db.select().from(statedScopes);
    expect(row).toMatchObject({ provider: 'acme', scope: 'https://acme.example/read', calls: 1 });
  });

  test('counts a scope as used where a service states one that includes it', async () => {
    const { look, read, find } = await reading();
    await look();
    await read({ scopes: ['admin', 'write'] });
    expect(await find()).toContainEqual(['write', 'fine', '1 / 1 / 1 call of 1 API key']);
  });

  test.each<[string, (hub: Awaited<ReturnType<typeof reading>>) => Promise<unknown>]>([
    ['a call stated nothing', ({ read }) => read({ purpose: 'no scopes' })],
    ['a service read before the hub counted', ({ id, key, runtime }) => readEarlier(runtime, id, key.id)],
  ])('says that use cannot be known where %s', async (_, happen) => {
    const hub = await reading();
    await hub.look();
    await hub.read({ scopes: ['read'] });
    await happen(hub);
    expect(await hub.find()).toEqual([
      ['admin', 'attention', '0 / 1 / cannot be known'],
      ['openid', 'fine', '1 / 1 / cannot be known'],
      ['read', 'fine', '1 / 1 / 1 call of 1 API key'],
      ['write', 'unknown', '1 / 1 / cannot be known'],
    ]);
  });

  test('says so too where no service read at all', async () => {
    const { look, find } = await reading();
    await look();
    expect(await find()).toContainEqual(['write', 'unknown', '1 / 1 / cannot be known']);
  });
});

/** A read of a day before the hub first looked at its ledger. */
function readEarlier({ database: { db } }: ReturnType<typeof createRuntime>, connectionId: string, keyId: string) {
  return db.insert(ledger).values({
    at: new Date(Date.now() - 86_400_000),
    ...{ action: 'token.vended', outcome: 'ok', actorType: 'api_key', actorId: keyId, apiKeyId: keyId },
    ...{ connectionId, provider: 'acme', details: { scopes: ['read'] } },
  });
}
