import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { openTokens, sealedPlaces } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { vaultKeys } from '#lib/db/schema/vault-keys';
import { isAppError } from '#lib/errors';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { isTokenRefused } from '#lib/tokens/is-token-refused';
import { vendToken } from '#lib/tokens/vend-token';
import { createVault } from '#lib/vault/vault';
import { resealTokens } from '#lib/vault-keys/reseal';
import { checkVaultKeys, listMissingKeys, MissingVaultKeys } from '#lib/vault-keys/vault-keys';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, entries, plainRecord, rowOf, settle } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();

/** A hub with an honest provider and one of somebody else, which counts whatever it gets. */
async function twoServers() {
  const [honest, other] = await Promise.all([quirkyServer(), quirkyServer()]);
  let n = 0;
  const record = (url: string, id: string) => ({
    ...plainRecord(url, id),
    identity: { source: 'userinfo', subject: 'sub', issuer: `https://${id}.example` },
    account_params: [{ name: 'shop', label: 'Shop', pattern: '^[a-z]+$', example: 'ada' }],
    introspection_endpoint: `${url}/introspect`,
  });
  for (const server of [honest, other]) {
    server.on('POST /token', () => ({
      json: { access_token: `at_${++n}`, token_type: 'bearer', expires_in: 3600, refresh_token: `rt_${n}` },
    }));
    server.on('POST /revoke', { json: {} });
    server.on('GET /userinfo', { json: { sub: 'x' } });
    server.on('POST /introspect', { json: { active: true } });
  }
  const runtime = createRuntime(database.current, [record(honest.url, 'acme'), record(other.url, 'other')]);
  const { id: personId } = await addPerson(runtime);
  const { ctx } = await addApiKey(runtime);
  const add = (expiresIn: number) =>
    addConnection(runtime, {
      personId,
      refreshToken: 'rt_first',
      expiresIn,
      age: 3600,
      values: { accountParams: { shop: 'ada' } },
    });
  return { honest, other, runtime, ctx, personId, add };
}
type Hub = Awaited<ReturnType<typeof twoServers>>;

/** Writes into a connection's row as somebody may who reached the database. */
const write = (id: string, values: Record<string, unknown>) =>
  database.current.db.update(connections).set(values).where(eq(connections.id, id));

const bound: Record<string, (hub: Hub, id: string) => Promise<unknown>> = {
  provider: (_, id) => write(id, { provider: 'other', issuer: 'https://other.example' }),
  'issuer alone': (_, id) => write(id, { issuer: 'https://other.example' }),
  'an account part': (_, id) => write(id, { accountParams: { shop: 'eve' } }),
  'a further account part': (_, id) => write(id, { accountParams: { shop: 'ada', zone: 'eve' } }),
  generation: (_, id) => write(id, { generation: 7 }),
  'another row’s tokens': async ({ add, runtime }, id) => {
    const { accessToken, refreshToken } = await rowOf(runtime, await add(3600));
    await write(id, { accessToken, refreshToken });
  },
  'its own tokens, exchanged': async ({ runtime }, id) => {
    const { accessToken, refreshToken } = await rowOf(runtime, id);
    await write(id, { accessToken: refreshToken, refreshToken: accessToken });
  },
};

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

describe('A-03 values sealed for where they may go', () => {
  describe.each(Object.entries(bound))('%s was changed', (_, change) => {
    test('a vend, a refresh and a report of rejection fail closed, and no server hears a token', async () => {
      const hub = await twoServers();
      const live = await hub.add(3600);
      const ended = await hub.add(-5);
      for (const id of [live, ended]) await change(hub, id);
      expect(await codeOf(vendToken(hub.ctx, { id: live }))).toBe('vault_wrong_place');
      expect(await codeOf(vendToken(hub.ctx, { id: live, rejectedTokenFingerprint: `${'A'.repeat(43)}=` }))).toBe(
        'vault_wrong_place',
      );
      expect(await codeOf(vendToken(hub.ctx, { id: ended }))).not.toBe('done');
      expect(await codeOf(refreshConnection(hub.ctx, { id: ended }))).not.toBe('done');
      await settle(hub.runtime);
      for (const server of [hub.honest, hub.other]) expect(server.seen).toEqual([]);
      const told = (await entries(hub.runtime, live)).map(({ action, code }) => [action, code]);
      expect(told).toContainEqual(['token.denied', 'vault_wrong_place']);
    });

    test('a revocation and its proof show nothing to anybody, and the revocation stays open', async () => {
      const hub = await twoServers();
      const id = await hub.add(3600);
      await change(hub, id);
      await revokeConnection(systemContext(hub.runtime, 'test'), { id });
      await settle(hub.runtime);
      await database.current.db
        .update(revocations)
        .set({ nextAttemptAt: sql`now() - interval '1 second'` })
        .where(eq(revocations.connectionId, id));
      await workRevocations(systemContext(hub.runtime, 'jobs'));
      for (const server of [hub.honest, hub.other]) expect(server.seen).toEqual([]);
      const [row] = await database.current.db.select().from(revocations).where(eq(revocations.connectionId, id));
      expect(row?.state).toBe('pending');
      expect(row?.lastErrorCode).toMatch(/^(vault_wrong_place|discovery_issuer|account_param_invalid)$/);
    });
  });

  test('the provider of a revocation alone was changed: its server hears nothing', async () => {
    const hub = await twoServers();
    const id = await hub.add(3600);
    await write(id, { status: 'revoked' });
    await database.current.db.insert(revocations).values({
      personId: hub.personId,
      connectionId: id,
      provider: 'other',
      requestedBy: 'system',
      nextAttemptAt: sql`now() - interval '1 second'`,
    });
    await write(id, { issuer: 'https://other.example' });
    await workRevocations(systemContext(hub.runtime, 'jobs'));
    expect(hub.other.seen).toEqual([]);
  });

  test.each([
    ['both tokens', true],
    ['the access token, where no refresh token is rotated', false],
  ])('older values of the same place put back do not open: %s', async (_, rotate) => {
    const hub = await twoServers();
    if (!rotate)
      hub.honest.on('POST /token', { json: { access_token: 'at_new', token_type: 'bearer', expires_in: 3600 } });
    const id = await hub.add(-5);
    const { accessToken, refreshToken } = await rowOf(hub.runtime, id);
    await refreshConnection(hub.ctx, { id });
    const row = await rowOf(hub.runtime, id);
    expect(openTokens(hub.runtime, row).refreshToken).toBe(rotate ? 'rt_1' : 'rt_first');
    expect(row.refreshToken).not.toBe(refreshToken);
    await write(id, { accessToken });
    expect(await codeOf(vendToken(hub.ctx, { id }))).toBe('vault_wrong_place');
    await write(id, { refreshToken, accessTokenExpiresAt: sql`now() - interval '1 second'` });
    const asked = hub.honest.seen.length;
    expect(await codeOf(refreshConnection(hub.ctx, { id }))).toBe('vault_wrong_place');
    expect(hub.honest.seen.length).toBe(asked);
  });

  test('a URL of the extras that is called is held against the record’s hosts when it is called', async () => {
    const hub = await twoServers();
    const honest = new URL(hub.honest.url);
    const record = {
      ...plainRecord(hub.honest.url),
      response_fields: ['id'],
      url_field_hosts: { id: [honest.host] },
      identity: {
        source: 'endpoint',
        endpoint_field: 'id',
        subject: 'sub',
        label: ['sub'],
        issuer: 'https://acme.example',
      },
    };
    const runtime = createRuntime(database.current, [record]);
    const provider = runtime.providers.get('acme');
    if (!provider) throw new Error('no such provider');
    const ctx = systemContext(runtime, 'test');
    const shown = { accessToken: 'at_secret', issuer: 'https://acme.example', subject: 'x', accountParams: {} };
    hub.honest.on('GET /me', { json: { sub: 'x' } });
    hub.other.on('GET /me', { json: { sub: 'x' } });
    await isTokenRefused(ctx, provider, { ...shown, extras: { id: `${hub.other.url}/me` } });
    await isTokenRefused(ctx, provider, { ...shown, extras: { id: `${hub.honest.url}/me` } });
    expect([hub.honest, hub.other].map(({ seen }) => seen.filter(({ path }) => path === '/me').length)).toEqual([1, 0]);
  });

  test('values of earlier builds open, are sealed anew, and then no longer open where they are put back', async () => {
    const hub = await twoServers();
    const ctx = systemContext(hub.runtime, 'jobs');
    const id = await hub.add(3600);
    const row = await rowOf(hub.runtime, id);
    const old = await Promise.all(
      Object.values(sealedPlaces(row)).map(({ row: at, column }, n) =>
        hub.runtime.vault.seal(['at_old', 'rt_old'][n] ?? '', { row: at, column }),
      ),
    );
    const [accessToken = '', refreshToken = ''] = old;
    await write(id, { accessToken, refreshToken });
    expect((await vendToken(hub.ctx, { id })).accessToken).toBe('at_old');
    await checkVaultKeys(hub.runtime);
    await resealTokens(ctx, { seconds: 20 });
    const sealed = await rowOf(hub.runtime, id);
    expect(sealed.accessToken).not.toBe(accessToken);
    expect(openTokens(hub.runtime, sealed)).toEqual({ accessToken: 'at_old', refreshToken: 'rt_old' });
    await write(id, { accessToken });
    expect(await codeOf(vendToken(hub.ctx, { id }))).toBe('vault_old_form');
  });
});

describe('F-13 a key of the vault was taken out', () => {
  test('the start names it and its rows; with leave it goes on, says so, and a vend is a declared 503', async () => {
    const hub = await twoServers();
    await checkVaultKeys(hub.runtime);
    const id = await hub.add(3600);
    const bare = createRuntime(database.current, []);
    const keys = [{ kid: 'new', key: new Uint8Array(32).fill(7) }];
    const without = { ...bare, vault: createVault(keys) };
    await expect(checkVaultKeys(without)).rejects.toThrow(/test \(\d+ rows?\).*--allow-missing-keys/);
    await expect(checkVaultKeys(without)).rejects.toBeInstanceOf(MissingVaultKeys);
    await checkVaultKeys(without, { allowMissing: true });
    expect(await listMissingKeys(database.current.db)).toEqual([{ kid: 'test', rows: expect.any(Number) }]);
    const refused = vendToken({ ...hub.ctx, vault: createVault(keys) }, { id });
    await expect(refused).rejects.toMatchObject({ code: 'key_missing', status: 503, retryAfterSeconds: 300 });
    await checkVaultKeys(hub.runtime);
    expect(await listMissingKeys(database.current.db)).toEqual([]);
  });

  test('a key that sealed nothing that is left is looked for once, and may go', async () => {
    const { runtime } = await twoServers();
    const { db } = database.current;
    await db.execute(sql`insert into vault_keys (kid) values ('gone')`);
    await checkVaultKeys(runtime);
    const [row] = await db.select().from(vaultKeys).where(eq(vaultKeys.kid, 'gone'));
    expect(row).toMatchObject({ retiredAt: expect.any(Date), missingRows: 0 });
  });
});
