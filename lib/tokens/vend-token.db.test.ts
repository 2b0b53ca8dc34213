import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Runtime } from '#lib/context';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase, withDatabase } from '#tests/database';
import {
  addApiKey,
  addConnection,
  addPerson,
  createRuntime,
  entries,
  freeze,
  plainRecord,
  rowOf,
  useOf,
} from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;

beforeEach(() => {
  runtime = createRuntime(database.current, [
    plainRecord('http://127.0.0.1:9'),
    plainRecord('http://127.0.0.1:9', 'other'),
  ]);
});

describe('vending an unexpired token', () => {
  test('opens it, with what the caller needs to use it', async () => {
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, {
      personId,
      accessToken: 'at_live',
      values: { scopesGranted: ['read'], extras: { instance_url: 'https://na1.example' } },
    });
    const { ctx } = await addApiKey(runtime);
    const token = await vendToken(ctx, { id });
    expect(token).toMatchObject({
      accessToken: 'at_live',
      tokenType: 'Bearer',
      scopes: ['read'],
      missingScopes: ['write'],
      provider: 'acme',
      account: { issuer: 'https://acme.example', subject: id, label: 'ada@acme.example' },
      extras: { instance_url: 'https://na1.example' },
    });
    expect(token.expiresIn).toBeGreaterThan(3500);
    expect(token.expiresAt).toEqual((await rowOf(runtime, id)).accessTokenExpiresAt);
  });

  test('is in the ledger with its fingerprint and not itself, and notes its use', async () => {
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId, accessToken: 'at_canary' });
    const key = await addApiKey(runtime);
    await vendToken(key.ctx, { id });
    const written = await entries(runtime, id);
    expect(written).toEqual([
      {
        action: 'token.vended',
        outcome: 'ok',
        code: null,
        actorId: key.id,
        apiKeyId: key.id,
        ip: '203.0.113.7',
        details: { scopes: ['read', 'write'], fingerprint: createHash('sha256').update('at_canary').digest('base64') },
      },
    ]);
    expect(JSON.stringify(written)).not.toContain('at_canary');
    await runtime.uses.idle();
    expect(await useOf(runtime, id)).toMatchObject({ lastUsedBy: key.id, lastUsedAt: expect.any(Date) });
  });
});

test('the token leaves only after its ledger entry is committed: no entry, no token', async () => {
  await withDatabase(async (own) => {
    runtime = createRuntime(own, [plainRecord('http://127.0.0.1:9')]);
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    const { ctx } = await addApiKey(runtime);
    await own.db.execute(sql`alter table ledger add constraint full_disk check (action <> 'token.vended')`);
    await expect(vendToken(ctx, { id })).rejects.toThrow();
    await own.db.execute(sql`alter table ledger drop constraint full_disk`);
    await expect(vendToken(ctx, { id })).resolves.toMatchObject({ accessToken: `at_${id}` });
  });
});

describe('a refused token', () => {
  test.each([
    ['is revoked', { status: 'revoked' as const }, 'revoked'],
    ['needs its person', { status: 'needs_reconnect' as const }, 'needs_reconnect'],
    ['is frozen', undefined, 'frozen'],
  ])('of a connection that %s is refused with its code, which the ledger has too', async (_, values, code) => {
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId, ...(values ? { values } : {}) });
    if (code === 'frozen') await freeze(runtime, 'connection', id);
    const { ctx } = await addApiKey(runtime);
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code });
    expect(await entries(runtime, id)).toMatchObject([{ action: 'token.denied', outcome: 'refused', code }]);
  });

  test('of a provider outside the key’s limit is as if it were not there, but recorded', async () => {
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    const { ctx } = await addApiKey(runtime, { providers: ['other'] });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'not_found' });
    expect(await entries(runtime, id)).toMatchObject([{ action: 'token.denied', code: 'not_found' }]);
  });

  test('without the scope, without a key, and of what does not exist', async () => {
    const person = await addPerson(runtime);
    const id = await addConnection(runtime, { personId: person.id });
    const reader = await addApiKey(runtime, { scopes: ['connections:read'] });
    await expect(vendToken(reader.ctx, { id })).rejects.toMatchObject({ code: 'insufficient_scope' });
    await expect(vendToken(person.ctx('administrator'), { id })).rejects.toMatchObject({ code: 'forbidden' });
    const { ctx } = await addApiKey(runtime);
    for (const nothing of [`${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`, 'con_x', '', 'x'.repeat(65)]) {
      await expect(vendToken(ctx, { id: nothing })).rejects.toMatchObject({ name: 'AppError' });
    }
    const refused = (await entries(runtime)).filter(({ apiKeyId }) => apiKeyId === reader.id);
    expect(refused).toMatchObject([
      { action: 'api_key.created' },
      { action: 'token.denied', code: 'insufficient_scope' },
    ]);
    // Its person sees in the history that a service without the right had a try.
    expect(await entries(runtime, id)).toMatchObject([{ action: 'token.denied', code: 'insufficient_scope' }]);
  });

  test('without a refresh token, vends until its end and then needs its person', async () => {
    const { id: personId } = await addPerson(runtime);
    const { ctx } = await addApiKey(runtime);
    const nearlyOver = await addConnection(runtime, { personId, expiresIn: 20, age: 3580 });
    await expect(vendToken(ctx, { id: nearlyOver })).resolves.toMatchObject({ accessToken: `at_${nearlyOver}` });
    const over = await addConnection(runtime, { personId, expiresIn: -1, age: 3600 });
    await expect(vendToken(ctx, { id: over })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(await rowOf(runtime, over)).toMatchObject({ status: 'needs_reconnect', statusReason: 'no_refresh_token' });
    await expect(vendToken(ctx, { id: over })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect((await entries(runtime, over)).map(({ action }) => action)).toEqual([
      'connection.needs_reconnect',
      'token.denied',
      'token.denied',
    ]);
  });
});
