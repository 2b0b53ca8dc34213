import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { describe, expect, type TestContext, test, vi } from 'vitest';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { connections } from '#lib/db/schema/connections';
import { describeWithConnections, sharedDatabase } from '#tests/database';
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
import { type HubProcess, startProcess } from '#tests/hub-process';
import { wait } from '#tests/random';
import { openTcpGate, type TcpGate } from '#tests/servers/tcp-gate';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

interface Stand {
  server: TokenServer;
  key: string;
  start(databaseUrl?: string): Promise<HubProcess>;
  gate(): Promise<TcpGate & { url: string }>;
  /** A connection with an access token that is over. */
  expired(): Promise<string>;
  row(id: string): ReturnType<typeof rowOf>;
  /** The row holds the newest token, and nothing was taken for theft. */
  expectWhole(id: string): Promise<void>;
}

// Each starts processes of its own, all at the same time, and stands still for up to half a minute.
vi.setConfig({ testTimeout: 180_000 });

describeWithConnections(
  'stalls of whole processes, at a provider that ends a grant when a spent token is shown',
  () => {
    const database = sharedDatabase();

    /** Each test has a provider of its own, since they stand still side by side. */
    async function stand(onTestFinished: TestContext['onTestFinished']): Promise<Stand> {
      const server = await startTokenServer();
      onTestFinished(() => server.close());
      server.behaviour.reuseEndsGrant = true;
      const records = [plainRecord(server.issuer)];
      const runtime = createRuntime(database.current, records);
      const personId = (await addPerson(runtime)).id;
      const own = database.current.url ?? '';
      return {
        server,
        key: (await addApiKey(runtime)).key,
        start: async (databaseUrl = own) => {
          const hub = await startProcess({ databaseUrl, environment: hubEnvironment, records });
          onTestFinished(() => hub.kill());
          return hub;
        },
        gate: async () => {
          const url = new URL(own);
          const made = await openTcpGate({ host: url.hostname, port: Number(url.port) });
          onTestFinished(() => made.shut());
          url.port = String(made.port);
          return { ...made, url: url.href };
        },
        expired: () => addConnection(runtime, { personId, refreshToken: server.grant(), expiresIn: -5, age: 3605 }),
        row: (id) => rowOf(runtime, id),
        expectWhole: async (id) => {
          const stored = await rowOf(runtime, id);
          expect(stored).toMatchObject({ status: 'connected', leaseOwner: null });
          expect(server.accepts(runtime.vault.open(stored.refreshToken ?? '', refreshTokenPlace(stored)))).toBe(true);
          expect((await entries(runtime, id)).map(({ action }) => action)).not.toContain('token.theft_suspected');
        },
      };
    }

    const leaseLapses = (id: string) =>
      database.db
        .update(connections)
        .set({ leaseExpiresAt: sql`clock_timestamp() - interval '1 second'` })
        .where(and(eq(connections.id, id), isNotNull(connections.leaseOwner)));

    describe.concurrent('F-01 a holder that stood still between its proof and its call', () => {
      test('asks for nothing once it wakes, since others may have refreshed', async ({ expect, onTestFinished }) => {
        const { expired, expectWhole, key, server, start } = await stand(onTestFinished);
        const id = await expired();
        const [slow, other] = await Promise.all([start(), start()]);
        const standing = slow.standBeforeAsking();
        const vended = slow.vend(key, id, 1);
        await standing;
        slow.stop();
        await wait(15_500);
        await leaseLapses(id);
        expect(await other.vend(key, id, 1)).toMatchObject([{ accessToken: expect.any(String) }]);
        slow.goOn();
        slow.ask();
        expect(await vended).toMatchObject([{ accessToken: expect.any(String) }]);
        expect([server.refreshes, server.reuses]).toEqual([1, 0]);
        await expectWhole(id);
      });
    });

    describe.concurrent('F-02 a process that stood still while the provider answered', () => {
      test('reads the answer that has arrived before any time limit of its own', async ({ expect, onTestFinished }) => {
        const { expired, expectWhole, key, server, start } = await stand(onTestFinished);
        const id = await expired();
        const before = { refreshes: server.refreshes, reuses: server.reuses };
        const hub = await start();
        server.behaviour.beforeAnswer = async () => {
          server.behaviour.beforeAnswer = async () => {};
          hub.stop();
        };
        const vended = hub.vend(key, id, 1);
        await expect.poll(() => server.refreshes).toBe(before.refreshes + 1);
        await wait(12_000);
        hub.goOn();
        expect(await vended).toMatchObject([{ accessToken: expect.any(String) }]);
        expect([server.refreshes, server.reuses]).toEqual([before.refreshes + 1, before.reuses]);
        await expectWhole(id);
      });
    });

    describe.concurrent('F-03 a holder of answers whose database has gone deaf', () => {
      test('keeps them until they are stored; callers hear of it, and no other process shows the spent tokens', async ({
        expect,
        onTestFinished,
      }) => {
        const { expired, expectWhole, gate, key, server, start } = await stand(onTestFinished);
        const ids = await Promise.all(Array.from({ length: 8 }, expired));
        const reuses = server.reuses;
        const way = await gate();
        const [holder, other] = await Promise.all([start(way.url), start()]);
        const answer = Promise.withResolvers<void>();
        let asked = 0;
        server.behaviour.beforeAnswer = () => {
          asked += 1;
          return answer.promise;
        };
        const told = Promise.all(ids.map((id) => holder.vend(key, id, 1)));
        await expect.poll(() => asked).toBe(ids.length);
        way.deafen();
        server.behaviour.beforeAnswer = async () => {};
        answer.resolve();
        const unavailable = { code: expect.stringMatching(/unavailable|internal/) };
        expect(await told).toMatchObject(ids.map(() => [unavailable]));
        // Longer than the leases of what was not spent.
        await wait(33_000);
        const busy = { code: 'refresh_in_progress', retryAfterSeconds: 5 };
        expect(await Promise.all(ids.map((id) => other.vend(key, id, 1)))).toMatchObject(ids.map(() => [busy]));
        way.hear();
        for (const id of ids) {
          await expect.poll(() => holder.vend(key, id, 1)).toMatchObject([{ accessToken: expect.any(String) }]);
          await expectWhole(id);
        }
        expect(server.reuses).toBe(reuses);
      });

      test('stores them before it ends when it is asked to', async ({ expect, onTestFinished }) => {
        const { expired, expectWhole, gate, key, row, server, start } = await stand(onTestFinished);
        const id = await expired();
        const way = await gate();
        const holder = await start(way.url);
        server.behaviour.beforeAnswer = async () => {
          server.behaviour.beforeAnswer = async () => {};
          way.deafen();
        };
        await holder.vend(key, id, 1);
        const gone = holder.end();
        way.hear();
        await gone;
        await expectWhole(id);
        expect(await row(id)).toMatchObject({ generation: 2, lastRefreshError: null });
      });

      test('that comes back after another took its lease keeps the grant, and a death is then no theft', async ({
        expect,
        onTestFinished,
      }) => {
        const { expired, gate, key, row, server, start } = await stand(onTestFinished);
        const id = await expired();
        const way = await gate();
        const holder = await start(way.url);
        server.behaviour.beforeAnswer = async () => {
          server.behaviour.beforeAnswer = async () => {};
          way.deafen();
        };
        await holder.vend(key, id, 1);
        await database.db
          .update(connections)
          .set({ leaseOwner: 'another', leaseExpiresAt: sql`clock_timestamp() - interval '1 second'` })
          .where(eq(connections.id, id));
        way.hear();
        await expect.poll(async () => (await row(id)).generation).toBe(2);
        expect(await row(id)).toMatchObject({ status: 'connected', lastRefreshError: 'answer_lost' });
      });
    });

    describe.concurrent('F-04 a statement that is executed late', () => {
      test('does not give a token a longer life than it was issued with', async ({ expect, onTestFinished }) => {
        const { expired, key, row, server, start } = await stand(onTestFinished);
        server.behaviour.expiresIn = 60;
        const id = await expired();
        const hub = await start();
        const locked = Promise.withResolvers<void>();
        const release = Promise.withResolvers<void>();
        let asked = Number.NaN;
        const lock = database.db.transaction(async (tx) => {
          await locked.promise;
          await tx.execute(sql`select 1 from connections where id = ${id} for update`);
          const now = sql<number>`extract(epoch from clock_timestamp())::float8`;
          const [held] = await tx.select({ now }).from(connections).where(eq(connections.id, id));
          asked = held?.now ?? Number.NaN;
          server.behaviour.beforeAnswer = async () => {};
          answer.resolve();
          await release.promise;
        });
        const answer = Promise.withResolvers<void>();
        server.behaviour.beforeAnswer = () => {
          locked.resolve();
          return answer.promise;
        };
        const vended = hub.vend(key, id, 1);
        await locked.promise;
        await answer.promise;
        await wait(1500);
        release.resolve();
        await Promise.all([lock, vended]);
        const { accessTokenExpiresAt, generation } = await row(id);
        expect(generation).toBe(2);
        expect((accessTokenExpiresAt?.getTime() ?? Number.NaN) / 1000).toBeLessThan(asked + 60);
      });
    });
  },
);
