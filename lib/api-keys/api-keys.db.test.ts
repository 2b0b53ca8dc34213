import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { actorId } from '#lib/actor';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { createApiKey } from '#lib/api-keys/create-api-key';
import { generateApiKey } from '#lib/api-keys/key-format';
import { listApiKeys } from '#lib/api-keys/list-api-keys';
import { noteKeyUse } from '#lib/api-keys/note-key-use';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key';
import { type Runtime, systemContext } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { sessions } from '#lib/db/schema/sessions';
import { hashSecret } from '#lib/ids';
import { sharedDatabase } from '#tests/database';
import {
  addApiKey,
  addFreshAdministrator,
  addPerson,
  as,
  asNobody,
  createRuntime,
  entries,
  plainRecord,
} from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;

beforeEach(() => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
});

const made = { name: 'reports', scopes: ['tokens:vend' as const] };

describe('creating', () => {
  test('shows the key once and keeps its hash only', async () => {
    const admin = await addFreshAdministrator(runtime);
    const adminId = actorId(admin.actor) ?? '';
    const { key, apiKey } = await createApiKey(admin, { ...made, providers: ['acme', 'acme'] });
    expect(apiKey).toMatchObject({ name: 'reports', status: 'active', providers: ['acme'], createdBy: adminId });
    const [row] = await database.db.select().from(apiKeys).where(eq(apiKeys.id, apiKey.id));
    expect(row?.keyHash).toBe(hashSecret(key));
    expect(JSON.stringify([row, (await listApiKeys(admin)).items, await entries(runtime)])).not.toContain(key);
    expect(await entries(runtime)).toContainEqual(
      expect.objectContaining({
        action: 'api_key.created',
        apiKeyId: apiKey.id,
        actorId: adminId,
        details: expect.objectContaining({ step_up: 'session_only' }),
      }),
    );
  });

  test('needs a sign-in of the last five minutes, so that a stolen session leaves no key behind', async () => {
    const admin = await addFreshAdministrator(runtime);
    await database.db
      .update(sessions)
      .set({ authenticatedAt: sql`now() - interval '301 seconds'` })
      .where(eq(sessions.personId, actorId(admin.actor) ?? ''));
    const before = (await listApiKeys(admin)).items;
    await expect(createApiKey(admin, made)).rejects.toMatchObject({ code: 'step_up_required', status: 403 });
    expect((await listApiKeys(admin)).items).toEqual(before);
  });

  test.each(['user', 'auditor'] as const)('is refused to the role %s, and to API keys', async (role) => {
    const person = await addPerson(runtime, { role });
    await expect(createApiKey(person.ctx(), made)).rejects.toMatchObject({ code: 'forbidden' });
    const key = await addApiKey(runtime);
    await expect(createApiKey(key.ctx, made)).rejects.toMatchObject({ name: 'AppError' });
    await expect(createApiKey(as(runtime, { type: 'anonymous' }), made)).rejects.toMatchObject({ status: 401 });
  });

  test.each([
    ['no name', { ...made, name: '  ' }, 'invalid_request'],
    ['a long name', { ...made, name: 'x'.repeat(101) }, 'invalid_request'],
    ['no scope', { ...made, scopes: [] }, 'invalid_request'],
    ['an unknown scope', { ...made, scopes: ['everything' as 'tokens:vend'] }, 'invalid_request'],
    ['an empty limit to providers', { ...made, providers: [] }, 'invalid_request'],
    ['an unknown provider', { ...made, providers: ['nobody'] }, 'unknown_provider'],
    ['an end in the past', { ...made, expiresAt: new Date(0) }, 'invalid_request'],
  ])('%s is refused and nothing is kept', async (_, input, code) => {
    const before = (await listApiKeys(systemContext(runtime, 'test'))).items;
    await expect(createApiKey(systemContext(runtime, 'test'), input)).rejects.toMatchObject({ code });
    expect((await listApiKeys(systemContext(runtime, 'test'))).items).toEqual(before);
  });
});

describe('listing', () => {
  test('is for administrators and auditors', async () => {
    const { id } = await addApiKey(runtime);
    for (const role of ['administrator', 'auditor'] as const) {
      const person = await addPerson(runtime, { role });
      expect((await listApiKeys(person.ctx())).items.map((key) => key.id)).toContain(id);
    }
    const person = await addPerson(runtime);
    await expect(listApiKeys(person.ctx())).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('revoking', () => {
  test('ends a key at once, and once', async () => {
    const { id, key } = await addApiKey(runtime);
    const admin = await addPerson(runtime, { role: 'administrator' });
    expect(await revokeApiKey(admin.ctx(), { id })).toMatchObject({ id, status: 'revoked' });
    const again = await revokeApiKey(admin.ctx(), { id });
    expect(again.status).toBe('revoked');
    await expect(authenticateApiKey(asNobody(runtime), key)).rejects.toMatchObject({ code: 'invalid_api_key' });
    const written = await entries(runtime);
    expect(written.filter((entry) => entry.action === 'api_key.revoked' && entry.apiKeyId === id)).toHaveLength(1);
  });

  test('is refused to others, and for what does not exist', async () => {
    const { id, key } = await addApiKey(runtime);
    for (const role of ['user', 'auditor'] as const) {
      const person = await addPerson(runtime, { role });
      await expect(revokeApiKey(person.ctx(), { id })).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(await authenticateApiKey(asNobody(runtime), key)).toMatchObject({ keyId: id });
    const system = systemContext(runtime, 'test');
    await expect(revokeApiKey(system, { id: 'key_none' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('authenticating', () => {
  test('says who a key stands for, and notes its use at most once a minute', async () => {
    const { id, key } = await addApiKey(runtime, { scopes: ['connections:read'], providers: ['acme'] });
    const stands = {
      type: 'api_key',
      keyId: id,
      scopes: ['connections:read'],
      providers: ['acme'],
      applicationId: null,
    };
    const lastUse = async () => {
      await Promise.all(runtime.background);
      const [row] = await database.db.select({ at: apiKeys.lastUsedAt }).from(apiKeys).where(eq(apiKeys.id, id));
      return row?.at;
    };
    expect(await lastUse()).toBeNull();
    expect(await authenticateApiKey(asNobody(runtime), key)).toEqual(stands);
    const first = await lastUse();
    expect(first).toBeInstanceOf(Date);
    await authenticateApiKey(asNobody(runtime), key);
    expect(await lastUse()).toEqual(first);
    await database.db.update(apiKeys).set({ lastUsedAt: sql`now() - interval '61 seconds'` }).where(eq(apiKeys.id, id));
    await authenticateApiKey(asNobody(runtime), key);
    expect((await lastUse())?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Number.NaN);
  });

  test('while one use is being noted, others of the same key begin nothing', async () => {
    const keys = [await addApiKey(runtime), await addApiKey(runtime)];
    const update = vi.spyOn(database.db, 'update');
    const noteAll = async () => {
      for (let call = 0; call < 50; call++) for (const { id } of keys) noteKeyUse(runtime, id);
      await Promise.all(runtime.background);
    };
    await noteAll();
    expect(update).toHaveBeenCalledTimes(2);
    await noteAll();
    expect(update).toHaveBeenCalledTimes(4);
    update.mockRestore();
    for (const { id } of keys) {
      const [row] = await database.db.select({ at: apiKeys.lastUsedAt }).from(apiKeys).where(eq(apiKeys.id, id));
      expect(row?.at).toBeInstanceOf(Date);
    }
  });

  test('a key that has ended by the database’s clock is refused, whatever this process’s says', async () => {
    const { id, key } = await addApiKey(runtime, { expiresAt: new Date(Date.now() + 60_000) });
    expect(await authenticateApiKey(asNobody(runtime), key)).toMatchObject({ keyId: id });
    await database.db.update(apiKeys).set({ expiresAt: sql`now() - interval '1 second'` }).where(eq(apiKeys.id, id));
    const slow = { ...asNobody(runtime), now: () => new Date(0) };
    await expect(authenticateApiKey(slow, key)).rejects.toMatchObject({ code: 'invalid_api_key' });
    expect((await listApiKeys(systemContext(runtime, 'test'))).items).toContainEqual(
      expect.objectContaining({ id, status: 'expired' }),
    );
  });

  test('an unknown key is refused, and a misspelt one without asking the database', async () => {
    await expect(authenticateApiKey(asNobody(runtime), generateApiKey())).rejects.toMatchObject({
      code: 'invalid_api_key',
    });
    const { key } = await addApiKey(runtime);
    const unreachable = new Proxy(runtime.database, {
      get() {
        throw new Error('the database was asked');
      },
    });
    const misspelt = `${key.slice(0, 20)}${key[20] === 'a' ? 'b' : 'a'}${key.slice(21)}`;
    await expect(authenticateApiKey({ ...asNobody(runtime), database: unreachable }, misspelt)).rejects.toMatchObject({
      code: 'invalid_api_key',
    });
  });
});
