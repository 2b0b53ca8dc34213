import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTokens } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { vendToken } from '#lib/tokens/vend-token';
import { beginReseal } from '#lib/vault-keys/begin-reseal';
import { startDataKeys } from '#lib/vault-keys/data-keys';
import { listVaultKeys } from '#lib/vault-keys/list-keys';
import { resealTokens } from '#lib/vault-keys/reseal';
import { rotateVaultKey } from '#lib/vault-keys/rotate';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, hubEnvironment, plainRecord, settle } from '#tests/hub';
import { killedChild, untilQuiet } from '#tests/killed-child';
import { randomFrom } from '#tests/random';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

/** Processes that are killed, one after the other, each in a batch of its own; the parent does the rest. */
const kills = 4;
const people = 20;
/** Eight batches, of which one in eight rows is refreshed by its vend. */
const held = 800;

describeWithConnections('kill -9 during resealing', () => {
  const database = sharedDatabase();
  let server: TokenServer;

  beforeAll(async () => {
    server = await startTokenServer();
  });
  afterAll(() => server.close());

  test('under vends and refreshes: every call gets its token, and every row ends under the new key', async () => {
    const random = randomFrom(16);
    const records = [plainRecord(server.issuer)];
    const runtime = createRuntime(database.current, records);
    const ctx = systemContext(runtime, 'test');
    await startDataKeys(runtime);
    const owners = await Promise.all(Array.from({ length: people }, () => addPerson(runtime)));
    const ids: string[] = [];
    for (let n = 0; n < held; n += people) {
      const dueSoon = (n / people) % 8 === 0;
      const given = owners.map(({ id: personId }) => ({
        personId,
        refreshToken: server.grant(),
        expiresIn: dueSoon ? 5 : 3600,
        age: 3600,
      }));
      ids.push(...(await Promise.all(given.map((one) => addConnection(runtime, one)))));
    }
    const { ctx: caller } = await addApiKey(runtime);
    const { key } = await rotateVaultKey(ctx);
    await beginReseal(ctx);

    const state = { over: false, vended: 0 };
    const failed: unknown[] = [];
    const call = async () => {
      while (!state.over) {
        const id = ids[Math.floor(random() * ids.length)] ?? '';
        try {
          const { accessToken } = await vendToken(caller, { id });
          if (accessToken !== `at_${id}` && !server.isLive(accessToken)) failed.push(`${id} got another token`);
          state.vended++;
        } catch (error) {
          failed.push(error);
        }
      }
    };
    const callers = [call(), call(), call()];

    const making = { databaseUrl: database.current.url, environment: hubEnvironment, records };
    const reached: number[] = [];
    while (reached.length < kills && (await listVaultKeys(ctx)).reseal?.state === 'running') {
      const seen = await killedChild<number>('tests/reseal-child.ts', making, Math.floor(random() * 60));
      reached.push(seen.at(-1) ?? 0);
    }
    while ((await listVaultKeys(ctx)).reseal?.state === 'running') await resealTokens(ctx, { seconds: 5 });
    state.over = true;
    await Promise.all(callers);
    await settle(runtime);
    await untilQuiet(database.db);

    expect(failed).toEqual([]);
    expect(state.vended).toBeGreaterThan(100);
    // Each process went on where the one before was killed.
    expect(reached.length).toBeGreaterThan(3);
    expect(reached).toEqual(reached.toSorted((a, b) => a - b));
    const view = await listVaultKeys(ctx, { count: true });
    expect(view.keys.map(({ id, rows }) => [id, rows]).slice(0, 1)).toEqual([
      [key, { 'connections.access_token': held, 'connections.refresh_token': held }],
    ]);
    expect(view.reseal).toMatchObject({ state: 'done', skipped: 0 });
    const rows = await database.db.select().from(connections);
    expect(rows).toHaveLength(held);
    for (const row of rows) {
      const { accessToken, refreshToken } = openTokens(runtime, row);
      expect(accessToken === `at_${row.id}` || server.isLive(accessToken ?? '')).toBe(true);
      expect(server.accepts(refreshToken ?? '')).toBe(true);
    }
  });
});
