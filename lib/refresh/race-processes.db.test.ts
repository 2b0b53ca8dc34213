import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revokeConnection } from '#lib/revocation/revoke';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, hubEnvironment, plainRecord, rowOf } from '#tests/hub';
import { type HubProcess, startProcess } from '#tests/hub-process';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';
import type { Vended } from '#tests/vending-child';

/** Seconds by which the clocks of the three processes are wrong. */
const skews = [-300, 0, 300];

describeWithConnections('three processes whose clocks are five minutes apart', () => {
  const database = sharedDatabase();
  let server: TokenServer;
  let records: Record<string, unknown>[];
  let runtime: ReturnType<typeof createRuntime>;
  /** By the seconds of their clocks. */
  const processes = new Map<number, HubProcess>();
  let [personId, key] = ['', ''];

  beforeAll(async () => {
    server = await startTokenServer();
    records = [
      {
        ...plainRecord(server.issuer),
        expiry_probe: 'introspect',
        introspection_endpoint: `${server.issuer}/introspect`,
      },
    ];
    runtime = createRuntime(database.current, records);
    ({ id: personId } = await addPerson(runtime));
    ({ key } = await addApiKey(runtime));
    const making = { databaseUrl: database.current.url ?? '', environment: hubEnvironment, records };
    await Promise.all(skews.map(async (skew) => processes.set(skew, await startProcess(making, skew))));
  });
  afterAll(async () => {
    await Promise.all([...processes.values()].map((each) => each.kill()));
    await server.close();
  });
  beforeEach(() => {
    Object.assign(server, { requests: 0, refreshes: 0 });
    Object.assign(server.behaviour, { beforeAnswer: async () => {}, instead: null, expiresIn: 3600, rotate: true });
  });

  const add = (expiresIn: number, age = 0) =>
    addConnection(runtime, { personId, refreshToken: server.grant(), expiresIn, age });

  /** The same number of callers at each process, all at once. */
  const everywhere = async (id: string, callers: number): Promise<Vended[]> =>
    (await Promise.all([...processes.values()].map((each) => each.vend(key, id, callers)))).flat();

  const tokensOf = (vended: Vended[]) =>
    vended.map((each) => ('accessToken' in each ? each.accessToken : `refused: ${each.code}`));

  /** The life left of a token by the database's clock, in seconds. */
  async function secondsLeft(id: string): Promise<number> {
    const [row] = rowsOf<{ left: number }>(
      await database.db.execute(sql`select extract(epoch from access_token_expires_at - clock_timestamp())::float8 as left
        from connections where id = ${id}`),
    );
    return row?.left ?? Number.NaN;
  }

  test('are apart indeed', async () => {
    for (const [skew, process] of processes)
      expect(Math.abs((await process.clock()) - Date.now() - skew * 1000)).toBeLessThan(30_000);
  });

  test('50 callers each on an expired token: one refresh, the same living token for all', async () => {
    const id = await add(-5, 3605);
    const tokens = tokensOf(await everywhere(id, 50));
    expect([server.requests, server.refreshes]).toEqual([1, 1]);
    expect(new Set(tokens).size).toBe(1);
    expect(server.isLive(tokens[0] ?? '')).toBe(true);
    expect(await secondsLeft(id)).toBeGreaterThan(3500);
  });

  // Each clock alone would call some of these over, or alive.
  test.each([
    ['has 200 seconds left is vended as it is', 200, 0],
    ['ended 200 seconds ago is refreshed', -200, 1],
    ['has 40 seconds left is refreshed ahead', 40, 1],
  ])('a token that %s, whichever process is asked', async (_, expiresIn, refreshes) => {
    for (const process of processes.values()) {
      const id = await add(expiresIn, 3600 - expiresIn);
      const before = server.refreshes;
      const [token] = tokensOf(await process.vend(key, id, 1));
      expect(server.refreshes - before).toBe(refreshes);
      if (refreshes === 0) expect(token).toBe(`at_${id}`);
      else expect(server.isLive(token ?? '')).toBe(true);
    }
  });

  test('a life that introspection tells as a moment is the same for all', async () => {
    server.behaviour.expiresIn = null;
    server.behaviour.introspectedLife = 200;
    for (const process of processes.values()) {
      const id = await add(-5);
      await process.vend(key, id, 1);
      expect(await secondsLeft(id)).toBeGreaterThan(150);
      expect(await secondsLeft(id)).toBeLessThanOrEqual(200);
    }
    expect(server.refreshes).toBe(3);
  });

  test('a round of each in the background refreshes everything once', async () => {
    await database.db.delete(connections);
    const lastUsedAt = sql`now() - interval '1 minute'`;
    const ids = await Promise.all(
      Array.from({ length: 30 }, () =>
        addConnection(runtime, { personId, refreshToken: server.grant(), expiresIn: 60, age: 3540, lastUsedAt }),
      ),
    );
    const rounds = await Promise.all([...processes.values()].map((each) => each.refreshDue()));
    expect(rounds.reduce((sum, { refreshed }) => sum + refreshed, 0)).toBe(30);
    expect([server.requests, server.refreshes]).toEqual([30, 30]);
    const generations = await Promise.all(ids.map(async (id) => (await rowOf(runtime, id)).generation));
    expect(new Set(generations)).toEqual(new Set([2]));
  });

  test('tokens of one second: a living one or a coded 503, and a grant that goes on', async () => {
    server.behaviour.expiresIn = 1;
    const id = await add(-5);
    const vended = await everywhere(id, 10);
    for (const each of vended) {
      if ('code' in each)
        expect(each).toMatchObject({
          code: expect.stringMatching(/^(refresh_in_progress|provider_unavailable)$/),
          retryAfterSeconds: expect.any(Number),
        });
      else expect(server.isLive(each.accessToken)).toBe(true);
    }
    expect(vended).toHaveLength(30);
    // Each refresh was of the newest token: none was refused, none was spent for nothing.
    expect(server.requests).toBe(server.refreshes);
    expect((await rowOf(runtime, id)).generation).toBe(1 + server.refreshes);
  });

  test('revoked while all of them refresh: told to every caller, and it stays so', async () => {
    const id = await add(-5);
    server.behaviour.beforeAnswer = async () => {
      await revokeConnection(systemContext(runtime, 'test'), { id });
    };
    const vended = await everywhere(id, 10);
    expect(new Set(tokensOf(vended))).toEqual(new Set(['refused: revoked']));
    expect(server.requests).toBe(1);
    expect(new Set(tokensOf(await everywhere(id, 1)))).toEqual(new Set(['refused: revoked']));
    await Promise.all(runtime.background);
    expect((await rowOf(runtime, id)).status).toBe('revoked');
  });

  // Last, since each ends one of the processes. Where clocks agree, a process of the same clock follows (`refresh.db.test.ts`).
  test.each([-300, 300])(
    'the holder of the lease, wrong by %i seconds, is killed: the others wait it out',
    async (skew) => {
      const id = await add(-5);
      const arrived = Promise.withResolvers<void>();
      const never = new Promise<void>(() => {});
      server.behaviour.grace = true;
      server.behaviour.beforeAnswer = () => {
        server.behaviour.beforeAnswer = async () => {};
        arrived.resolve();
        return never;
      };
      const holder = processes.get(skew);
      processes.delete(skew);
      holder?.vend(key, id, 5).catch(() => {});
      await arrived.promise;
      await holder?.kill();
      expect(await rowOf(runtime, id)).toMatchObject({
        leaseOwner: expect.any(String),
        lastRefreshError: 'answer_lost',
      });
      // All but its last second passes.
      await database.db
        .update(connections)
        .set({ leaseExpiresAt: sql`clock_timestamp() + interval '1 second'` })
        .where(eq(connections.id, id));
      const { leaseExpiresAt } = await rowOf(runtime, id);
      const tokens = tokensOf(await everywhere(id, 10));
      server.behaviour.grace = false;
      expect(new Set(tokens).size).toBe(1);
      expect(server.isLive(tokens[0] ?? '')).toBe(true);
      expect(server.requests).toBe(2);
      const row = await rowOf(runtime, id);
      expect(row).toMatchObject({ generation: 2, leaseOwner: null, lastRefreshError: null, status: 'connected' });
      expect(row.lastRefreshedAt?.getTime()).toBeGreaterThanOrEqual(leaseExpiresAt?.getTime() ?? Number.NaN);
    },
  );
});
