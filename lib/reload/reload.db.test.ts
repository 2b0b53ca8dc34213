import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '#lib/config/config';
import { systemContext } from '#lib/context';
import { loopbackFormTargets } from '#lib/door/security-headers';
import { forget } from '#lib/process-parts';
import { keepSecretUses, listClientSecrets } from '#lib/provider-calls/client-secret-uses';
import { refreshConnection } from '#lib/refresh/refresh';
import { reloadConfiguration } from '#lib/reload/reload';
import { reportConfiguration } from '#lib/reload/state';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase, withDatabase } from '#tests/database';
import {
  addApiKey,
  addConnection,
  addPerson,
  createRuntime,
  entries,
  hubEnvironment,
  plainRecord,
  rowOf,
} from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();
const folder = mkdtempSync(join(tmpdir(), 'grantkeep-reload-'));
const file = join(folder, 'providers.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (content: unknown) =>
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
const read = () => parseConfig({ ...hubEnvironment, PROVIDERS_FILE: file });
const acme = plainRecord('http://127.0.0.1:9');
const secretOf = (runtime: ReturnType<typeof createRuntime>) => runtime.providers.get('acme')?.client_secret?.reveal();

/** What the ledger says of the configuration, newest last. */
const recorded = async (runtime: ReturnType<typeof createRuntime>) =>
  (await entries(runtime)).filter(({ action }) => action === 'configuration.changed').map(({ details }) => details);

describe('the configuration is read again', () => {
  test('a provider that comes, one that goes and a field that changes are in force at once and in the ledger', async () => {
    const runtime = createRuntime(database.current, [acme, plainRecord('http://127.0.0.1:9', 'gone')]);
    const before = systemContext(runtime, 'test');
    write([
      { ...acme, client_secret: 'a-second-secret', scopes: ['read'] },
      plainRecord('http://127.0.0.1:10', 'beta'),
    ]);
    const { result } = await reloadConfiguration(runtime, 'file', read);
    expect(result).toBe('reloaded');
    expect(runtime.providers.list().map(({ id }) => id)).toEqual(['acme', 'beta']);
    expect(secretOf(runtime)).toBe('a-second-secret');
    // A request that began before goes on with the records of its beginning.
    expect(before.providers.get('gone')?.id).toBe('gone');
    expect(before.providers.get('acme')?.client_secret?.reveal()).toBe('not-a-real-secret');
    // The policy of pages names the servers that forms may lead to.
    expect(loopbackFormTargets(runtime.config)).toEqual(['http://127.0.0.1:9', 'http://127.0.0.1:10']);
    const last = (await recorded(runtime)).at(-1);
    expect(last).toMatchObject({
      cause: 'file',
      added: ['beta'],
      removed: ['gone'],
      fields: { acme: ['client_secret', 'scopes'] },
    });
    const all = JSON.stringify([await entries(runtime), runtime.logged]);
    for (const secret of ['a-second-secret', 'not-a-real-secret']) expect(all).not.toContain(secret);
  });

  test('of several processes one records a change', async () => {
    const [one, other] = [createRuntime(database.current, [acme]), createRuntime(database.current, [acme])];
    write([{ ...acme, name: 'Acme of today' }]);
    const before = (await recorded(one)).length;
    await Promise.all([reloadConfiguration(one, 'file', read), reloadConfiguration(other, 'file', read)]);
    expect((await recorded(one)).length).toBe(before + 1);
    expect(reportConfiguration(one).digest).toBe(reportConfiguration(other).digest);
  });

  test.each([
    ['is no JSON', '{', 'PROVIDERS_FILE'],
    ['has a fault in one of two records', [{ ...acme, client_secret: 'new' }, { id: 'X' }], 'PROVIDERS_FILE: 1'],
    [
      'lets two servers speak for one issuer',
      [acme, plainRecord('http://127.0.0.1:10', 'twin')].map((one) => ({ ...one, shares_issuer: undefined })),
      'twin',
    ],
  ])('a file that %s changes nothing, and the status says why', async (_what, content, fault) => {
    const runtime = createRuntime(database.current, [acme]);
    const before = (await recorded(runtime)).length;
    write(content);
    expect(await reloadConfiguration(runtime, 'file', read)).toEqual({ result: 'refused' });
    expect(secretOf(runtime)).toBe('not-a-real-secret');
    expect(runtime.providers.list()).toHaveLength(1);
    expect(await recorded(runtime)).toHaveLength(before);
    expect(runtime.logged.at(-1)).toMatchObject({ event: 'configuration_not_reloaded', level: 'error', cause: 'file' });
    expect(reportConfiguration(runtime).refused?.faults.join('\n')).toContain(fault);
    write([acme]);
    await reloadConfiguration(runtime, 'file', read);
    expect(reportConfiguration(runtime).refused).toBeNull();
  });

  test('what the ledger cannot take is not done', async () => {
    await withDatabase(async (own) => {
      const runtime = createRuntime(own, [acme]);
      await own.db.execute('alter table ledger rename to out_of_reach');
      write([{ ...acme, client_secret: 'a-second-secret' }]);
      expect(await reloadConfiguration(runtime, 'file', read)).toEqual({ result: 'postponed' });
      expect(secretOf(runtime)).toBe('not-a-real-secret');
      await own.db.execute('alter table out_of_reach rename to ledger');
      expect(await reloadConfiguration(runtime, 'file', read)).toMatchObject({ result: 'reloaded' });
      expect(secretOf(runtime)).toBe('a-second-secret');
    });
  });

  test('what a process takes at its start only is named, and stays', async () => {
    const runtime = createRuntime(database.current, [acme]);
    write([acme]);
    const { SESSION_PASSWORD: inForce } = hubEnvironment;
    const changed = () => parseConfig({ ...hubEnvironment, PROVIDERS_FILE: file, SESSION_PASSWORD: 'y'.repeat(32) });
    await reloadConfiguration(runtime, 'signal', changed);
    expect(runtime.config.sessionPasswords).toEqual({ 1: inForce });
    expect(reportConfiguration(runtime).needsRestart).toEqual(['SESSION_PASSWORD']);
    expect(runtime.logged.at(-1)).toMatchObject({ event: 'restart_needed', variables: ['SESSION_PASSWORD'] });
  });

  test('a fault that is none of the configuration is not swallowed', async () => {
    const runtime = createRuntime(database.current, [acme]);
    const broken = () => {
      throw new Error('no such thing');
    };
    await expect(reloadConfiguration(runtime, 'file', broken)).rejects.toThrow('no such thing');
    await expect(
      reloadConfiguration(runtime, 'file', () => {
        throw new ConfigError(['X: is faulty']);
      }),
    ).resolves.toEqual({ result: 'refused' });
    forget(`reload-state ${runtime.processId}`);
  });
});

describe('a client secret is rotated without a restart', () => {
  test('calls go on before and after the provider changes its secret, and each use counts for its secret', async () => {
    const server = await quirkyServer();
    let taken = 'the-old-secret';
    server.on('POST /token', ({ body }) =>
      new URLSearchParams(body).get('client_secret') === taken
        ? { json: { access_token: 'at', token_type: 'bearer', expires_in: 3600 } }
        : { status: 401, json: { error: 'invalid_client' } },
    );
    const record = { ...plainRecord(server.url), client_secret: 'the-old-secret' };
    const runtime = createRuntime(database.current, [record]);
    const { id: personId } = await addPerson(runtime);
    const refresh = async () => {
      const id = await addConnection(runtime, { personId, refreshToken: 'rt', expiresIn: -10 });
      await refreshConnection(systemContext(runtime, 'test'), { id });
      expect((await rowOf(runtime, id)).generation).toBe(2);
    };
    await refresh();
    write([{ ...record, client_secret: 'the-new-secret', client_secret_previous: 'the-old-secret' }]);
    await reloadConfiguration(runtime, 'file', read);
    await refresh();
    taken = 'the-new-secret';
    await refresh();
    await keepSecretUses(runtime);
    const rotating = runtime.providers.get('acme');
    if (!rotating) throw new Error('no record');
    expect(await listClientSecrets(systemContext(runtime, 'test'), rotating)).toMatchObject([
      { which: 'current', counted: { uses: 1 } },
      { which: 'previous', counted: { uses: 2 } },
    ]);
    write([{ ...record, client_secret: 'the-new-secret' }]);
    await reloadConfiguration(runtime, 'file', read);
    await refresh();
    expect(runtime.providers.get('acme')?.client_secret_previous).toBeNull();
  });

  test('a refresh under way ends with the record that it began with, and its token is kept', async () => {
    const server = await quirkyServer();
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<string>();
    server.on('POST /token', async ({ body }) => {
      asked.resolve(new URLSearchParams(body).get('client_secret') ?? '');
      await held.promise;
      return { json: { access_token: 'at_new', token_type: 'bearer', expires_in: 3600, refresh_token: 'rt_new' } };
    });
    const record = plainRecord(server.url);
    const runtime = createRuntime(database.current, [record]);
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId, refreshToken: 'rt', expiresIn: -10 });
    const refreshing = refreshConnection(systemContext(runtime, 'test'), { id });
    expect(await asked.promise).toBe('not-a-real-secret');
    // The operator takes the provider out meanwhile.
    write([]);
    await reloadConfiguration(runtime, 'file', read);
    held.resolve();
    await refreshing;
    expect(await rowOf(runtime, id)).toMatchObject({ generation: 2, status: 'connected', lastRefreshError: null });
    // As for every provider that is not configured: a token that lives is given out, and one that ended is not refreshed.
    const vend = async (connection: string) => vendToken((await addApiKey(runtime)).ctx, { id: connection });
    await expect(vend(id)).resolves.toMatchObject({ accessToken: 'at_new' });
    const ended = await addConnection(runtime, { personId, refreshToken: 'rt', expiresIn: -10 });
    await expect(vend(ended)).rejects.toMatchObject({ code: 'provider_configuration' });
    write([record]);
    await reloadConfiguration(runtime, 'file', read);
    await expect(vend(ended)).resolves.toMatchObject({ accessToken: 'at_new' });
  });
});
