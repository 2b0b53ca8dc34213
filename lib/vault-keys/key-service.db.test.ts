import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '#lib/config/config';
import { openTokens } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { processes } from '#lib/db/schema/processes';
import { vaultKeys, vaultWrappings } from '#lib/db/schema/vault-keys';
import { startHeartbeat } from '#lib/status/heartbeat';
import { createRoots } from '#lib/vault/create-roots';
import { createVault } from '#lib/vault/vault';
import {
  holdDataKeys,
  keyServiceState,
  learnDataKeys,
  makeDataKey,
  sayKeyService,
  startDataKeys,
} from '#lib/vault-keys/data-keys';
import { rotateVaultKey } from '#lib/vault-keys/rotate';
import { checkVaultKeys } from '#lib/vault-keys/vault-keys';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, hubEnvironment, rowOf } from '#tests/hub';
import { startTransit } from '#tests/servers/key-services';

const database = sharedDatabase();

beforeEach(async () => {
  await database.db.execute(
    sql`truncate connections, vault_keys, vault_wrappings, vault_reseals, processes, ledger cascade`,
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A Transit engine as the only root, and processes of a hub with it. */
async function arrange() {
  const transit = await startTransit({ token: 's.one', seconds: 36_000 });
  const bare = createRuntime(database.current, []);
  const { vaultRoots } = parseConfig({
    ...hubEnvironment,
    VAULT_ROOT: `transit:${transit.server.url}/transit/keys/hub`,
    VAULT_ROOT_TOKEN: 's.one',
  });
  const config = {
    ...bare.config,
    vaultKeys: [],
    vaultRoots,
    ledgerKeys: [{ kid: 'l1', kind: 'seed' as const, key: new Uint8Array(32).fill(1) }],
  };
  const processOf = () => {
    const runtime = { ...bare, config, vault: createVault([]), keyRoots: createRoots(config, bare.fetch) };
    return { ...runtime, ctx: systemContext(runtime, 'test') };
  };
  const runtime = processOf();
  await holdDataKeys(runtime);
  await checkVaultKeys(runtime);
  await startDataKeys(runtime);
  const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
  const opens = async () => openTokens(runtime, await rowOf(runtime, id)).accessToken === `at_${id}`;
  return { transit, processOf, runtime, opens };
}

/** Time after which a process asks its service again. */
const elapse = (minutes = 10) => vi.spyOn(performance, 'now').mockReturnValue(performance.now() + minutes * 60_000);

describe('a key service that answers wrongly', () => {
  test.each(['wrongKey', 'refuses'] as const)(
    '%s: a running process goes on with the key that it holds, says so, and fails closed in time',
    async (how) => {
      const { transit, runtime, opens, processOf } = await arrange();
      transit.behaviour[how] = true;
      elapse();
      await learnDataKeys(runtime);
      expect(await opens()).toBe(true);
      // What it seals meanwhile opens later: it is under the very key.
      const late = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
      expect(sayKeyService(runtime)).toBe('the key service does not answer');
      expect(keyServiceState(runtime).downSince).not.toBeNull();
      await expect(rotateVaultKey(runtime.ctx)).rejects.toMatchObject({ code: 'key_service_unavailable' });
      elapse(51);
      await learnDataKeys(runtime);
      await expect(opens()).rejects.toMatchObject({ code: 'key_service_unavailable' });
      expect(sayKeyService(runtime)).toBe(false);
      transit.behaviour[how] = false;
      await learnDataKeys(runtime);
      const again = processOf();
      await holdDataKeys(again);
      expect(openTokens(again, await rowOf(again, late)).accessToken).toBe(`at_${late}`);
      expect(sayKeyService(runtime)).toBe(true);
    },
  );

  test('a start with another key than the one that was made ends, and seals nothing', async () => {
    const { transit, processOf } = await arrange();
    transit.behaviour.wrongKey = true;
    const next = processOf();
    await expect(holdDataKeys(next)).rejects.toThrow(/^The key service of transit:.* gives another key/);
    expect(next.vault.sealsWith()).toBeUndefined();
  });

  test('a key of a build that kept no check gets one, by which another key is known from then on', async () => {
    const { transit, processOf } = await arrange();
    await database.db.update(vaultKeys).set({ checkValue: null });
    await holdDataKeys(processOf());
    expect(await database.db.select({ check: vaultKeys.checkValue }).from(vaultKeys)).toEqual([
      { check: expect.stringMatching(/^[\w-]{43}$/) },
    ]);
    transit.behaviour.wrongKey = true;
    await expect(holdDataKeys(processOf())).rejects.toThrow('gives another key');
  });

  test('a key that the service does not give back is never stored', async () => {
    const { transit, runtime } = await arrange();
    transit.behaviour.wrongKey = true;
    await expect(makeDataKey(runtime)).rejects.toMatchObject({ name: 'KeyServiceDown' });
    transit.behaviour.wrongKey = false;
    transit.behaviour.refuses = true;
    await expect(makeDataKey(runtime)).rejects.toMatchObject({ name: 'KeyServiceDown' });
    expect(await database.db.select().from(vaultWrappings)).toHaveLength(1);
  });
});

test('a slow key service holds up no sign of life', async () => {
  const { transit, runtime } = await arrange();
  const asked = () => transit.calls.filter((call) => call.endsWith('/decrypt/hub')).length;
  const before = asked();
  let answer = () => {};
  transit.behaviour.slow = new Promise((resolve) => {
    answer = resolve;
  });
  elapse();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const end = startHeartbeat(runtime);
  await expect.poll(asked).toBeGreaterThan(before);
  await database.db.delete(processes);
  vi.advanceTimersByTime(60_000);
  await expect.poll(() => database.db.$count(processes)).toBe(1);
  expect(asked()).toBe(before + 1);
  answer();
  await end();
  expect(sayKeyService(runtime)).toBe(true);
});
