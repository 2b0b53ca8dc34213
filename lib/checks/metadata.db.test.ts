import { describe, expect, onTestFinished, test } from 'vitest';
import { acceptMetadata, learnAcceptedMetadata, listMetadata } from '#lib/checks/metadata-history';
import { purgeChecks } from '#lib/checks/purge';
import { listLastResults } from '#lib/checks/results';
import { beginDueChecks, runChecks } from '#lib/checks/run-checks';
import { systemContext } from '#lib/context';
import { checkResults, checkRuns } from '#lib/db/schema/checks';
import { providerMetadata } from '#lib/db/schema/provider-metadata';
import { record } from '#lib/ledger/record';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
import type { ProviderRecord } from '#lib/providers/record';
import { recordFor } from '#tests/checked-provider';
import { sharedDatabase } from '#tests/database';
import { addFreshAdministrator, addPerson, createRuntime, entries, settle } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';
import { behaveWell, metadataOf } from '#tests/servers/well-behaved';

const database = sharedDatabase();

/** A hub, its server, and a server at another host that behaves as well. */
async function twoServers() {
  const [server, other] = [await quirkyServer(), await quirkyServer()];
  for (const one of [server, other]) behaveWell(one);
  onTestFinished(async () => void (await database.db.delete(providerMetadata)));
  const entry = { ...recordFor(server.url), issuer: server.url };
  /** Another process of the same hub, which remembers nothing. */
  const process = () =>
    createRuntime(database.current, [entry], { fetch: createGuardedFetch({ operatorHosts: new Set(['127.0.0.1']) }) });
  const announce = (change: Record<string, unknown>) =>
    server.on('GET /.well-known/openid-configuration', { json: { ...metadataOf(server.url), ...change } });
  const moved = { token_endpoint: `${other.url}/token` };
  return { server, other, process, announce, moved };
}

type Process = ReturnType<Awaited<ReturnType<typeof twoServers>>['process']>;

async function result(runtime: Process) {
  await runChecks(systemContext(runtime, 'test'), { provider: 'acme' });
  return (await listLastResults(systemContext(runtime, 'test'))).find(({ check }) => check === 'provider_metadata');
}

const endpointsOf = (runtime: Process) => resolveEndpoints(runtime.providers.get('acme') as ProviderRecord, runtime);

describe('the metadata of a provider', () => {
  test('the first look tells what is announced, and each difference is kept as history', async () => {
    const { process, announce, server } = await twoServers();
    const runtime = process();
    expect(await result(runtime)).toMatchObject({
      result: 'passes',
      found:
        'Seen for the first time. It announces: PKCE S256, iss, no PAR, no DPoP, revocation, introspection, client authentication client_secret_basic, 3 scopes.',
    });
    announce({ dpop_signing_alg_values_supported: ['ES256'], revocation_endpoint: `${server.url}/revoke2` });
    expect(await result(runtime)).toMatchObject({
      result: 'passes',
      found: expect.stringMatching(
        /^Changed since the last look: revocation_endpoint, dpop_signing_alg_values_supported\. .*, DPoP/,
      ),
    });
    // Another order of a list is no change.
    announce({
      dpop_signing_alg_values_supported: ['ES256'],
      revocation_endpoint: `${server.url}/revoke2`,
      scopes_supported: ['write', 'read', 'openid'],
    });
    expect((await result(runtime))?.found).toMatch(/^It announces/);
    const history = await listMetadata(systemContext(runtime, 'test'), { provider: 'acme' });
    expect(history.map(({ state, changes }) => [state, changes.map(({ name }) => name)])).toEqual([
      ['accepted', ['revocation_endpoint', 'dpop_signing_alg_values_supported']],
      ['accepted', []],
    ]);
  });

  test('another issuer fails and is not kept', async () => {
    const { process, announce } = await twoServers();
    announce({ issuer: 'https://evil.example' });
    expect(await result(process())).toMatchObject({ result: 'fails', found: expect.stringMatching(/evil\.example/) });
    expect(await database.db.select().from(providerMetadata)).toEqual([]);
  });

  test('a moved endpoint fails until an administrator accepts it, and no process follows it before', async () => {
    const { process, announce, moved, server } = await twoServers();
    const runtime = process();
    await result(runtime);
    announce(moved);
    for (const _again of [1, 2])
      expect(await result(runtime)).toMatchObject({
        result: 'fails',
        found: 'The metadata moves token_endpoint to another host. The hub does not follow: its calls there fail.',
      });
    // One that begins only now would believe the first answer that it gets.
    const later = process();
    await learnAcceptedMetadata(later);
    expect(await endpointsOf(later)).toMatchObject({ token_endpoint: `${server.url}/token` });
    await expect.poll(() => endpointsOf(later).catch(({ code }) => code)).toBe('discovery_changed');

    const administrator = await addFreshAdministrator(later);
    const [waiting] = await listMetadata(administrator, { provider: 'acme' });
    expect(waiting?.state).toBe('waiting');
    await acceptMetadata(administrator, { provider: 'acme', id: waiting?.id ?? 0 });
    expect(await endpointsOf(later)).toMatchObject(moved);
    expect((await result(later))?.result).toBe('passes');
    const told = (await entries(later)).map(({ action, outcome }) => `${action} ${outcome}`);
    expect(told).toEqual(expect.arrayContaining(['provider.metadata_changed failed', 'provider.metadata_accepted ok']));
  });

  test('a refused call tells of the move within minutes, once, whenever the run of the day is', async () => {
    const { process, announce, moved } = await twoServers();
    const runtime = process();
    await result(runtime);
    for (const table of [checkRuns, checkResults]) await database.db.delete(table);
    announce(moved);
    const ctx = systemContext(runtime, 'jobs');
    const look = async () => {
      await beginDueChecks(ctx, { runningMs: 0 });
      await settle(runtime);
      return (await listLastResults(ctx)).map(({ check, result: found }) => `${check} ${found}`);
    };
    expect(await look()).toEqual([]);
    const refusal = { action: 'token.refresh_failed', outcome: 'failed', provider: 'acme' } as const;
    await record(database.db, ctx, { ...refusal, code: 'invalid_grant' });
    await record(database.db, ctx, { ...refusal, provider: 'gone', code: 'discovery_changed' });
    expect(await look()).toEqual([]);
    await record(database.db, ctx, { ...refusal, code: 'discovery_changed' });
    expect(await look()).toContain('provider_metadata fails');
    expect(await database.db.select().from(checkRuns)).toMatchObject([{ provider: 'acme' }]);
    await look();
    expect(await database.db.select().from(checkRuns)).toHaveLength(1);
  });

  test('one that moves back is as it was, and what was waiting can be accepted no more', async () => {
    const { process, announce, moved } = await twoServers();
    const runtime = process();
    await result(runtime);
    announce(moved);
    await result(runtime);
    const administrator = await addFreshAdministrator(runtime);
    const [waiting] = await listMetadata(administrator, { provider: 'acme' });
    announce({});
    expect((await result(runtime))?.result).toBe('passes');
    await expect(acceptMetadata(administrator, { provider: 'acme', id: waiting?.id ?? 0 })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('of a server that changes at each look, the newest hundred rows stay, and the one that the hub goes by', async () => {
    const { process } = await twoServers();
    const row = { provider: 'acme', issuer: 'https://acme.example', facts: {} };
    const [first] = await database.db
      .insert(providerMetadata)
      .values({ ...row, acceptedAt: new Date() })
      .returning({ id: providerMetadata.id });
    await database.db.insert(providerMetadata).values(Array.from({ length: 150 }, () => ({ ...row, moved: true })));
    await purgeChecks(process());
    const left = await database.db.select({ id: providerMetadata.id }).from(providerMetadata);
    expect(left).toHaveLength(101);
    expect(left).toContainEqual(first);
  });

  test('only an administrator with a fresh sign-in accepts', async () => {
    const { process } = await twoServers();
    const runtime = process();
    const input = { provider: 'acme', id: 1 };
    const [auditor, stale] = [
      await addPerson(runtime, { role: 'auditor' }),
      await addPerson(runtime, { role: 'administrator' }),
    ];
    await expect(acceptMetadata(auditor.ctx(), input)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(acceptMetadata(stale.ctx(), input)).rejects.toMatchObject({ code: 'step_up_required' });
    await expect(listMetadata((await addPerson(runtime)).ctx(), input)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
