import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Runtime } from '#lib/context';
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

describeWithConnections(
  'stalls of whole processes, at a provider that ends a grant when a spent token is shown',
  () => {
    const database = sharedDatabase();
    let server: TokenServer;
    let runtime: Runtime;
    let personId: string;
    let key: string;

    beforeAll(async () => {
      server = await startTokenServer();
      server.behaviour.reuseEndsGrant = true;
      runtime = createRuntime(database.current, [plainRecord(server.issuer)]);
      personId = (await addPerson(runtime)).id;
      key = (await addApiKey(runtime)).key;
    });
    afterAll(() => server.close());

    async function start(databaseUrl = database.current.url ?? ''): Promise<HubProcess> {
      const records = [plainRecord(server.issuer)];
      const hub = await startProcess({ databaseUrl, environment: hubEnvironment, records });
      onTestFinished(() => hub.kill());
      return hub;
    }

    async function gate(): Promise<TcpGate & { url: string }> {
      const url = new URL(database.current.url ?? '');
      const made = await openTcpGate({ host: url.hostname, port: Number(url.port) });
      onTestFinished(() => made.shut());
      url.port = String(made.port);
      return { ...made, url: url.href };
    }

    const expired = () => addConnection(runtime, { personId, refreshToken: server.grant(), expiresIn: -5, age: 3605 });

    const leasesLapse = () =>
      database.db
        .update(connections)
        .set({ leaseExpiresAt: sql`clock_timestamp() - interval '1 second'` })
        .where(sql`lease_owner is not null`);

    /** The row holds the newest token, and nothing was taken for theft. */
    async function expectWhole(id: string): Promise<void> {
      const row = await rowOf(runtime, id);
      expect(row).toMatchObject({ status: 'connected', leaseOwner: null });
      expect(server.accepts(runtime.vault.open(row.refreshToken ?? '', refreshTokenPlace(row)))).toBe(true);
      expect((await entries(runtime, id)).map(({ action }) => action)).not.toContain('token.theft_suspected');
    }

    describe('F-01 a holder that stood still between its proof and its call', () => {
      test('asks for nothing once it wakes, since others may have refreshed', async () => {
        const id = await expired();
        const [slow, other] = await Promise.all([start(), start()]);
        const standing = slow.standBeforeAsking();
        const vended = slow.vend(key, id, 1);
        await standing;
        slow.stop();
        await wait(15_500);
        await leasesLapse();
        expect(await other.vend(key, id, 1)).toMatchObject([{ accessToken: expect.any(String) }]);
        slow.goOn();
        slow.ask();
        expect(await vended).toMatchObject([{ accessToken: expect.any(String) }]);
        expect([server.refreshes, server.reuses]).toEqual([1, 0]);
        await expectWhole(id);
      });
    });

    describe('F-02 a process that stood still while the provider answered', () => {
      test('reads the answer that has arrived before any time limit of its own', async () => {
        const id = await expired();
        const before = { refreshes: server.refreshes, reuses: server.reuses };
        const hub = await start();
        server.behaviour.beforeAnswer = async () => {
          server.behaviour.beforeAnswer = async () => {};
          hub.stop();
        };
        const vended = hub.vend(key, id, 1);
        await expect.poll(() => server.refreshes, { timeout: 30_000 }).toBe(before.refreshes + 1);
        await wait(12_000);
        hub.goOn();
        expect(await vended).toMatchObject([{ accessToken: expect.any(String) }]);
        expect([server.refreshes, server.reuses]).toEqual([before.refreshes + 1, before.reuses]);
        await expectWhole(id);
      });
    });

    describe('F-03 a holder of answers whose database has gone deaf', () => {
      test('keeps them until they are stored; callers hear of it, and no other process shows the spent tokens', {
        timeout: 180_000,
      }, async () => {
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
        await expect.poll(() => asked, { timeout: 30_000 }).toBe(ids.length);
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
          await expect
            .poll(() => holder.vend(key, id, 1), { timeout: 30_000 })
            .toMatchObject([{ accessToken: expect.any(String) }]);
          await expectWhole(id);
        }
        expect(server.reuses).toBe(reuses);
      });

      test('stores them before it ends when it is asked to', async () => {
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
        expect(await rowOf(runtime, id)).toMatchObject({ generation: 2, lastRefreshError: null });
      });

      test('that comes back after another took its lease keeps the grant, and a death is then no theft', async () => {
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
        await expect.poll(async () => (await rowOf(runtime, id)).generation, { timeout: 30_000 }).toBe(2);
        expect(await rowOf(runtime, id)).toMatchObject({ status: 'connected', lastRefreshError: 'answer_lost' });
      });
    });

    describe('F-04 a statement that is executed late', () => {
      test('does not give a token a longer life than it was issued with', async () => {
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
          const [row] = await tx.select({ now }).from(connections).where(eq(connections.id, id));
          asked = row?.now ?? Number.NaN;
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
        const { accessTokenExpiresAt, generation } = await rowOf(runtime, id);
        expect(generation).toBe(2);
        expect((accessTokenExpiresAt?.getTime() ?? Number.NaN) / 1000).toBeLessThan(asked + 60);
        server.behaviour.expiresIn = 3600;
      });
    });
  },
);
