import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { parseConfig } from '#lib/config/config';
import { openTokens, sealAt, sealedPlaces } from '#lib/connections/tokens-at-rest';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { processes } from '#lib/db/schema/processes';
import { revocations } from '#lib/db/schema/revocations';
import { vaultKeys, vaultReseals, vaultWrappings } from '#lib/db/schema/vault-keys';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { createSigningKeys } from '#lib/ledger/signing-keys';
import { metricsOf } from '#lib/metrics/collect';
import { vendToken } from '#lib/tokens/vend-token';
import { createRoots } from '#lib/vault/create-roots';
import { localRoot } from '#lib/vault/root';
import { createVault } from '#lib/vault/vault';
import { beginReseal, pauseReseal } from '#lib/vault-keys/begin-reseal';
import {
  holdDataKeys,
  keyServiceState,
  learnDataKeys,
  makeDataKey,
  sayKeyService,
  startDataKeys,
} from '#lib/vault-keys/data-keys';
import { listVaultKeys } from '#lib/vault-keys/list-keys';
import { resealTokens } from '#lib/vault-keys/reseal';
import { destroyRetiredKeys, retireVaultKey } from '#lib/vault-keys/retire';
import { rotateVaultKey } from '#lib/vault-keys/rotate';
import type { KeyStatement } from '#lib/vault-keys/statement';
import { checkVaultKeys } from '#lib/vault-keys/vault-keys';
import { secretPlace } from '#lib/webhooks/secret';
import { sharedDatabase } from '#tests/database';
import {
  addApiKey,
  addConnection,
  addFreshAdministrator,
  addPerson,
  createRuntime,
  entries,
  hubEnvironment,
  plainRecord,
  rowOf,
} from '#tests/hub';
import { startTransit } from '#tests/servers/key-services';

const database = sharedDatabase();
const k1 = { kid: 'k1', key: new Uint8Array(32).fill(1) };
const k2 = { kid: 'k2', key: new Uint8Array(32).fill(2) };

beforeEach(async () => {
  await database.db.execute(
    sql`truncate connections, revocations, webhook_endpoints, vault_keys, vault_wrappings, vault_reseals, processes, ledger cascade`,
  );
});

/** A process of a hub with these entries of VAULT_KEYS. */
function processWith(keys: (typeof k1)[], processId = 'prc_one'): Runtime & { ctx: Context } {
  const bare = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')], { processId });
  const config = { ...bare.config, vaultKeys: keys };
  const runtime = { ...bare, config, vault: createVault(keys), keyRoots: keys.map(localRoot) };
  return { ...runtime, ctx: systemContext(runtime, 'test') };
}

/** The steps of a start that are about keys. */
async function started(keys: (typeof k1)[], processId?: string) {
  const runtime = processWith(keys, processId);
  await holdDataKeys(runtime);
  await checkVaultKeys(runtime);
  await startDataKeys(runtime);
  return runtime;
}

const sayAlive = (id: string, version = '1') =>
  database.db.insert(processes).values({ id, version, host: 'one', pid: 1 });

/** A value in each column that resealing reaches. */
async function fill(runtime: Runtime) {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, refreshToken: 'rt' });
  await addConnection(runtime, { personId });
  const replaced = { personId, connectionId: id, replacedGeneration: 1, provider: 'acme', requestedBy: 'system' };
  const row = `${id}/1`;
  const { bound } = sealedPlaces(await rowOf(runtime, id)).accessToken;
  if (!bound) throw new Error('not bound');
  const revocationPlaces = {
    accessToken: { row, column: 'revocations.access_token', bound },
    refreshToken: { row, column: 'revocations.refresh_token', bound },
  };
  await database.db.insert(revocations).values({
    ...replaced,
    ...(await sealAt(runtime, revocationPlaces, { accessToken: 'at_replaced', refreshToken: 'rt_replaced' })),
  });
  await database.db.insert(webhookEndpoints).values({
    id: 'whk_1',
    name: 'one',
    url: 'https://hooks.example',
    secret: await runtime.vault.seal('whsec_one', secretPlace('whk_1')),
    previousSecret: await runtime.vault.seal('whsec_before', secretPlace('whk_1')),
    createdBy: personId,
  });
  const openAll = async (by: Runtime) => {
    const [held] = await database.db.select().from(revocations);
    const [hook] = await database.db.select().from(webhookEndpoints);
    return {
      ...openTokens(by, await rowOf(by, id)),
      replaced: [
        by.vault.open(held?.accessToken ?? '', revocationPlaces.accessToken),
        by.vault.open(held?.refreshToken ?? '', revocationPlaces.refreshToken),
      ],
      secrets: [hook?.secret, hook?.previousSecret].map((one) => by.vault.open(one ?? '', secretPlace('whk_1'))),
    };
  };
  return { personId, id, openAll };
}

const everything = {
  'connections.access_token': 2,
  'connections.refresh_token': 1,
  'revocations.access_token': 1,
  'revocations.refresh_token': 1,
  'webhook_endpoints.previous_secret': 1,
  'webhook_endpoints.secret': 1,
};
const actions = async (runtime: Runtime) => (await entries(runtime)).map(({ action }) => action);

describe('a key rotation from first to last', () => {
  test('rows of earlier builds open, move under a data key, and the old key retires with a signed statement', async () => {
    const before = processWith([k1]);
    const { openAll, id } = await fill(before);
    const intact = await openAll(before);

    const runtime = await started([k1]);
    const { ctx, vault } = runtime;
    expect(await openAll(runtime)).toEqual(intact);
    const dk = vault.sealsWith() ?? '';
    expect(dk).toMatch(/^dk\./);
    expect((await listVaultKeys(ctx, { count: true })).keys).toMatchObject([
      { id: dk, kind: 'data', state: 'seals', values: 0, wrappedBy: ['k1'] },
      { id: 'k1', kind: 'local', state: 'opens', rows: everything },
    ]);
    await expect(retireVaultKey(ctx, { id: 'k1' })).rejects.toMatchObject({ code: 'conflict' });

    const { key: second, seals } = await rotateVaultKey(ctx);
    expect(seals).toBe(true);
    await beginReseal(ctx);
    await resealTokens(ctx, { seconds: 20 });
    expect(await openAll(runtime)).toEqual(intact);
    const view = await listVaultKeys(ctx, { count: true });
    expect(view.keys.map(({ id: kid, rows }) => [kid, rows])).toEqual([
      [second, everything],
      [dk, {}],
      ['k1', {}],
    ]);
    expect(view.reseal).toMatchObject({ state: 'done', key: second, seen: 2, resealed: 4, skipped: 0 });

    const { statement } = await retireVaultKey(ctx, { id: dk });
    const [told] = (await entries(runtime)).filter(({ action }) => action === 'vault.key_retired');
    expect(statement).toContain(`0 rows under ${dk}`);
    const signed = told?.details as unknown as KeyStatement;
    expect(signed.statement).toBe(statement);
    const verdict = (text: string) =>
      createSigningKeys(runtime.config).verify(signed.signed_by, text, Buffer.from(signed.signature, 'base64'));
    expect([verdict(statement), verdict(statement.replace(dk, second))]).toEqual(['good', 'bad']);
    // A day later it is gone for good, and all is open as before.
    await destroyRetiredKeys(ctx);
    expect(await database.db.select().from(vaultWrappings).where(eq(vaultWrappings.kid, dk))).toHaveLength(1);
    await database.db
      .update(vaultKeys)
      .set({ retiredAt: sql`now() - interval '25 hours'` })
      .where(eq(vaultKeys.kid, dk));
    await destroyRetiredKeys(ctx);
    expect(await database.db.select().from(vaultWrappings).where(eq(vaultWrappings.kid, dk))).toEqual([]);
    const { ctx: again } = await started([k1]);
    expect(await openAll(again)).toEqual(intact);
    expect((await rowOf(again, id)).accessToken).not.toBeNull();
    expect(await actions(runtime)).toEqual(
      expect.arrayContaining(['vault.key_rotated', 'vault.reseal_begun', 'vault.resealed', 'vault.key_destroyed']),
    );
  });

  test('another root key wraps the data keys too, no row changes, and the first one may then go', async () => {
    const first = await started([k1]);
    const { openAll, id } = await fill(first);
    const [intact, row] = [await openAll(first), await rowOf(first, id)];
    const both = await started([k2, k1]);
    await expect(retireVaultKey(both.ctx, { id: 'k2' })).rejects.toMatchObject({ code: 'conflict' });
    await retireVaultKey(both.ctx, { id: 'k1' });
    const second = await started([k2]);
    expect(await openAll(second)).toEqual(intact);
    expect(await rowOf(second, id)).toEqual(row);
  });

  test('a root key that alone wraps a data key does not retire', async () => {
    const first = await started([k1]);
    await fill(first);
    const both = processWith([k2, k1]);
    await expect(retireVaultKey(both.ctx, { id: 'k1' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('it alone wraps dk.'),
    });
  });
});

describe('several processes', () => {
  test('a new key seals once every running process holds it, and not while one of an older build runs', async () => {
    const one = await started([k1], 'prc_one');
    const two = await started([k1], 'prc_two');
    for (const id of ['prc_one', 'prc_two', 'prc_old']) await sayAlive(id);
    const before = one.vault.sealsWith();
    const { key, seals } = await rotateVaultKey(one.ctx);
    expect(seals).toBe(false);
    await learnDataKeys(two);
    expect([one, two].map(({ vault }) => vault.sealsWith())).toEqual([before, before]);
    await database.db.delete(processes).where(eq(processes.id, 'prc_old'));
    await learnDataKeys(one);
    expect(one.vault.sealsWith()).toBe(key);
    const id = await addConnection(one, { personId: (await addPerson(one)).id });
    expect(openTokens(two, await rowOf(two, id)).accessToken).toBe(`at_${id}`);
    await learnDataKeys(two);
    expect(two.vault.sealsWith()).toBe(key);
  });

  test('two processes that start on an empty database make one key', async () => {
    const both = [processWith([k1], 'prc_one'), processWith([k1], 'prc_two')];
    await Promise.all(both.map((one) => startDataKeys(one)));
    expect(await database.db.select().from(vaultKeys)).toHaveLength(1);
  });

  test('a value under a key that a process has not seen yet makes it look', async () => {
    const one = await started([k1], 'prc_one');
    const two = await started([k1], 'prc_two');
    const { key } = await rotateVaultKey(one.ctx);
    const id = await addConnection(one, { personId: (await addPerson(one)).id });
    const row = await rowOf(two, id);
    expect(() => openTokens(two, row)).toThrow(expect.objectContaining({ code: 'key_missing' }));
    await expect.poll(() => two.vault.holds()).toContain(key);
    expect(openTokens(two, row).accessToken).toBe(`at_${id}`);
  });

  test('a retired key that a process sealed with once more is taken back', async () => {
    const runtime = await started([k1]);
    const dk = runtime.vault.sealsWith() ?? '';
    const late = await started([k1]);
    await rotateVaultKey(runtime.ctx);
    await retireVaultKey(runtime.ctx, { id: dk });
    const id = await addConnection(late, { personId: (await addPerson(late)).id });
    await database.db
      .update(vaultKeys)
      .set({ retiredAt: sql`now() - interval '25 hours'` })
      .where(eq(vaultKeys.kid, dk));
    await destroyRetiredKeys(runtime.ctx);
    expect(await actions(runtime)).toContain('vault.key_needed');
    await beginReseal(runtime.ctx);
    await resealTokens(runtime.ctx, { seconds: 20 });
    expect(openTokens(runtime, await rowOf(runtime, id)).accessToken).toBe(`at_${id}`);
    expect((await listVaultKeys(runtime.ctx)).keys).toContainEqual(expect.objectContaining({ id: dk, values: 0 }));
  });
});

describe('resealing', () => {
  test('pauses, goes on where it was, and leaves what does not open', async () => {
    const runtime = await started([k1]);
    const { id: personId } = await addPerson(runtime);
    const ids = [await addConnection(runtime, { personId }), await addConnection(runtime, { personId })];
    const [broken = '', sound = ''] = ids;
    await database.db.update(connections).set({ generation: 7 }).where(eq(connections.id, broken));
    await rotateVaultKey(runtime.ctx);
    await expect(pauseReseal(runtime.ctx)).rejects.toMatchObject({ code: 'not_found' });
    await beginReseal(runtime.ctx);
    await pauseReseal(runtime.ctx);
    await resealTokens(runtime.ctx, { seconds: 20 });
    expect((await listVaultKeys(runtime.ctx)).reseal).toMatchObject({ state: 'paused', seen: 0 });
    await beginReseal(runtime.ctx);
    await resealTokens(runtime.ctx, { seconds: 20 });
    expect((await listVaultKeys(runtime.ctx)).reseal).toMatchObject({ state: 'done', resealed: 1, skipped: 1 });
    expect(openTokens(runtime, await rowOf(runtime, sound)).accessToken).toBe(`at_${sound}`);
    expect(await actions(runtime)).toEqual(
      expect.arrayContaining(['vault.reseal_begun', 'vault.reseal_paused', 'vault.reseal_resumed', 'vault.resealed']),
    );
  });

  test('what a refresh stored meanwhile stays', async () => {
    const runtime = await started([k1]);
    const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    await rotateVaultKey(runtime.ctx);
    await beginReseal(runtime.ctx);
    const vault = {
      ...runtime.vault,
      open: (...given: Parameters<typeof runtime.vault.open>) => runtime.vault.open(...given),
      // Between the read and the store a refresh stores another token.
      seal: async (...given: Parameters<typeof runtime.vault.seal>) => {
        const row = { ...(await rowOf(runtime, id)), generation: 2 };
        const fresh = await sealAt(runtime, sealedPlaces(row), { accessToken: 'at_newer', refreshToken: null });
        await database.db
          .update(connections)
          .set({ ...fresh, generation: 2 })
          .where(eq(connections.id, id));
        return runtime.vault.seal(...given);
      },
    };
    await resealTokens({ ...runtime.ctx, vault }, { seconds: 20 });
    expect(openTokens(runtime, await rowOf(runtime, id)).accessToken).toBe('at_newer');
  });

  test('a newer key begins the walk again', async () => {
    const runtime = await started([k1]);
    const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    await rotateVaultKey(runtime.ctx);
    await beginReseal(runtime.ctx);
    await database.db.update(vaultReseals).set({ afterPersonId: 'per_zzz', afterId: 'con_zzz', seen: 9 });
    const { key } = await rotateVaultKey(runtime.ctx);
    await resealTokens(runtime.ctx, { seconds: 20 });
    expect((await listVaultKeys(runtime.ctx, { count: true })).keys[0]).toMatchObject({ id: key, values: 1 });
    expect(openTokens(runtime, await rowOf(runtime, id)).accessToken).toBe(`at_${id}`);
  });
});

describe('F-13 the database restored without its key', () => {
  test('the start names the root key, the data key and the rows; nothing is vended, nothing is deleted', async () => {
    const runtime = await started([k1]);
    const { id, openAll } = await fill(runtime);
    const intact = await openAll(runtime);
    await expect(started([k2])).rejects.toThrow(/k1 \(wraps dk\.\w+, 4 rows\).*--allow-missing-keys/);
    const without = processWith([k2]);
    await holdDataKeys(without);
    await checkVaultKeys(without, { allowMissing: true });
    await startDataKeys(without);
    const { ctx } = await addApiKey(without);
    await expect(vendToken({ ...ctx, ...without, actor: ctx.actor }, { id })).rejects.toMatchObject({
      code: 'key_missing',
      status: 503,
    });
    expect(await actions(without)).toContain('vault.key_missing');
    const kid = runtime.vault.sealsWith() ?? '';
    await expect(retireVaultKey(without.ctx, { id: kid })).rejects.toMatchObject({ code: 'conflict' });
    // With the key put back, all is as before, and both processes' keys open.
    const back = await started([k1, k2]);
    expect(await openAll(back)).toEqual(intact);
  });

  test.each([
    ['another key under the same name', [{ kid: 'k1', key: k2.key }]],
    ['no key at all of that name', [k2]],
  ])('%s opens nothing and the start fails', async (_, keys) => {
    await fill(await started([k1]));
    await expect(started(keys)).rejects.toThrow('lacks keys that sealed stored values');
  });
});

describe('a root key in another service', () => {
  const arrange = async () => {
    const transit = await startTransit({ token: 's.one', seconds: 36_000 });
    const seed = { kid: 'l1', kind: 'seed' as const, key: k1.key };
    const bare = createRuntime(database.current, []);
    const vaultRoots = parseConfig({
      ...hubEnvironment,
      VAULT_ROOT: `transit:${transit.server.url}/transit/keys/hub`,
      VAULT_ROOT_TOKEN: 's.one',
    }).vaultRoots;
    /** A process with that root, and these entries of VAULT_KEYS. */
    const processOf = (keys: (typeof k1)[]) => {
      const config = { ...bare.config, vaultKeys: keys, vaultRoots, ledgerKeys: [seed] };
      const runtime = { ...bare, config, vault: createVault(keys), keyRoots: createRoots(config, bare.fetch) };
      return { ...runtime, ctx: systemContext(runtime, 'test') };
    };
    return { transit, processOf };
  };
  const begin = async (runtime: Runtime) => {
    await holdDataKeys(runtime);
    await checkVaultKeys(runtime);
    await startDataKeys(runtime);
  };

  test('takes over from VAULT_KEYS without a change of any row, and VAULT_KEYS may then go', async () => {
    const local = await started([k1]);
    const { id, openAll } = await fill(local);
    const [intact, row] = [await openAll(local), await rowOf(local, id)];
    const { processOf } = await arrange();
    const both = processOf([k1]);
    await begin(both);
    await retireVaultKey(both.ctx, { id: 'k1' });
    const alone = processOf([]);
    await begin(alone);
    expect(await openAll(alone)).toEqual(intact);
    expect(await rowOf(alone, id)).toEqual(row);
  });

  test('is down: a running process goes on for the time that is set, then fails closed, and a start says why', async () => {
    const { transit, processOf } = await arrange();
    const runtime = processOf([]);
    await begin(runtime);
    const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    const row = await rowOf(runtime, id);
    const elapse = (minutes: number) =>
      vi.spyOn(performance, 'now').mockReturnValue(performance.now() + minutes * 60_000);
    transit.server.down = true;
    elapse(10);
    await learnDataKeys(runtime);
    expect(openTokens(runtime, row).accessToken).toBe(`at_${id}`);
    expect(keyServiceState(runtime)).toMatchObject({ downSince: expect.any(Date), secondsLeft: expect.any(Number) });
    expect(sayKeyService(runtime)).toBe('the key service does not answer');
    await expect(rotateVaultKey(runtime.ctx)).rejects.toMatchObject({ code: 'key_service_unavailable' });
    const began = keyServiceState(runtime).downSince?.getTime() ?? 0;
    const look = async (minutes: number) => {
      await evaluateAlerts(systemContext(runtime, 'jobs'), { now: new Date(began + minutes * 60_000) });
      const rows = await runtime.database.db.select().from(alerts).where(eq(alerts.rule, 'key_service_down'));
      return rows.map(({ state, value }) => [state, value]);
    };
    expect(await look(0.5)).toEqual([]);
    expect(await look(2)).toEqual([['open', 2]]);
    const numbers = await metricsOf(runtime).metrics();
    expect(numbers).toMatch(/^grantkeep_key_service_down_seconds [1-9]/m);
    expect(numbers).toMatch(/^grantkeep_data_keys_left_seconds \d{4}$/m);
    elapse(51);
    const { ctx } = await addApiKey(runtime);
    await expect(vendToken({ ...ctx, ...runtime, actor: ctx.actor }, { id })).rejects.toMatchObject({
      code: 'key_service_unavailable',
      status: 503,
      retryAfterSeconds: 30,
    });
    expect(sayKeyService(runtime)).toBe(false);
    // An answer with tokens that is there already is kept all the same.
    const late = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    await expect(holdDataKeys(processOf([]))).rejects.toThrow(/^The key service of transit:.* does not answer/);
    transit.server.down = false;
    await learnDataKeys(runtime);
    expect(sayKeyService(runtime)).toBe(true);
    await look(3);
    expect(await look(9)).toEqual([['resolved', expect.any(Number)]]);
    expect(await metricsOf(runtime).metrics()).toMatch(/^grantkeep_key_service_down_seconds 0$/m);
    expect(openTokens(runtime, await rowOf(runtime, late)).accessToken).toBe(`at_${late}`);
    vi.restoreAllMocks();
  });
});

describe('who may', () => {
  test.each(['user', 'auditor'] as const)('a %s turns no key', async (role) => {
    const runtime = await started([k1]);
    const ctx = (await addPerson(runtime, { role })).ctx();
    for (const act of [
      () => rotateVaultKey(ctx),
      () => beginReseal(ctx),
      () => pauseReseal(ctx),
      () => retireVaultKey(ctx, { id: 'k1' }),
      ...(role === 'user' ? [() => listVaultKeys(ctx)] : []),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'forbidden' });
    expect(await database.db.select().from(ledger)).toEqual([]);
  });

  test('rotating and retiring need a fresh sign-in', async () => {
    const runtime = await started([k1]);
    const stale = (await addPerson(runtime, { role: 'administrator' })).ctx();
    for (const act of [() => rotateVaultKey(stale), () => retireVaultKey(stale, { id: 'k1' })])
      await expect(act()).rejects.toMatchObject({ code: 'step_up_required' });
    const { key } = await rotateVaultKey(await addFreshAdministrator(runtime));
    expect(runtime.vault.sealsWith()).toBe(key);
    expect(await makeDataKey(runtime, { onlyFirst: true })).toBeUndefined();
    await expect(retireVaultKey(runtime.ctx, { id: 'k9' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
