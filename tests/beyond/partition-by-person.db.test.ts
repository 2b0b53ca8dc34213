import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { listConnections } from '#lib/connections/list';
import { refreshDueConnections } from '#lib/connections/refresh-due';
import { revokeConnection } from '#lib/connections/revoke';
import { vendToken } from '#lib/connections/vend-token';
import { workRevocations } from '#lib/connections/work-revocations';
import { systemContext } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { describeWithConnections, withDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, plainRecord, rowOf, settle } from '#tests/hub';
import { startTokenServer } from '#tests/servers/token-server';
import { indexesOf, partitionByPerson, partitionOf } from './partition-by-person.ts';

const spread = 8;

describeWithConnections('connections partitioned by a hash of the person', () => {
  test('keep every row and every index, unique ones too: each has the person in it', async () => {
    await withDatabase(async (database) => {
      const { db } = database;
      const runtime = createRuntime(database, []);
      const { id: personId } = await addPerson(runtime);
      const id = await addConnection(runtime, { personId });
      const [row, whole] = [await rowOf(runtime, id), await indexesOf(db, 'connections')];
      expect(whole.length).toBeGreaterThan(5);
      await partitionByPerson(db, spread);
      expect([await rowOf(runtime, id), await indexesOf(db, 'connections')]).toEqual([row, whole]);
    });
  });

  test('are vended and revoked while every other partition is locked: no statement looks there', async () => {
    const server = await startTokenServer();
    await withDatabase(async (database) => {
      const partitions = await partitionByPerson(database.db, spread);
      const runtime = createRuntime(database, [plainRecord(server.issuer)]);
      const { id: personId } = await addPerson(runtime);
      const { ctx } = await addApiKey(runtime);
      const fresh = await addConnection(runtime, { personId });
      const own = await partitionOf(database.db, fresh);
      const others = partitions.filter((name) => name !== own);
      expect(others).toHaveLength(spread - 1);

      await withTransaction(database.db, async (tx) => {
        await tx.execute(sql.raw(`lock table only ${others.join(', only ')} in access exclusive mode`));
        // Not six times: PostgreSQL would then weigh a plan for all persons, which locks all partitions once.
        for (let round = 0; round < 2; round++) await vendToken(ctx, { id: fresh });
        await revokeConnection(systemContext(runtime, 'test'), { id: fresh });
      });

      await settle(runtime);
      expect(await rowOf(runtime, fresh)).toMatchObject({ status: 'revoked' });
    });
    await server.close();
  });

  test('of many people are refreshed at once, each once, and stay where they are', async () => {
    const server = await startTokenServer();
    await withDatabase(async (database) => {
      await partitionByPerson(database.db, spread);
      const runtime = createRuntime(database, [plainRecord(server.issuer)]);
      const { ctx } = await addApiKey(runtime);
      const ids: string[] = [];
      for (let n = 0; n < 12; n++) {
        const { id: personId } = await addPerson(runtime);
        ids.push(await addConnection(runtime, { personId, refreshToken: server.grant(), expiresIn: -10, age: 3600 }));
      }
      const places = () => Promise.all(ids.map((id) => partitionOf(database.db, id)));
      const before = await places();
      expect(new Set(before).size).toBeGreaterThan(1);
      const vended = await Promise.all([...ids, ...ids].map((id) => vendToken(ctx, { id })));
      expect(vended.map(({ accessToken }) => server.isLive(accessToken))).toEqual(Array(24).fill(true));
      expect(server.requests).toBe(12);
      for (const id of ids) expect((await rowOf(runtime, id)).generation).toBe(2);
      expect(await places()).toEqual(before);
    });
    await server.close();
  });

  test('are found by what looks at everybody’s: due refreshes, revocations and lists', async () => {
    const server = await startTokenServer();
    await withDatabase(async (database) => {
      await partitionByPerson(database.db, spread);
      const runtime = createRuntime(database, [plainRecord(server.issuer)]);
      const { ctx } = await addApiKey(runtime, { scopes: ['tokens:vend', 'connections:read'] });
      const ids: string[] = [];
      for (let n = 0; n < 12; n++) {
        const { id: personId } = await addPerson(runtime);
        const given = { personId, refreshToken: server.grant(), expiresIn: 60, age: 3540 };
        ids.push(await addConnection(runtime, { ...given, lastUsedAt: new Date() }));
      }
      const used = new Set(await Promise.all(ids.map((id) => partitionOf(database.db, id))));
      expect(used.size).toBeGreaterThan(1);
      const system = systemContext(runtime, 'test');
      await refreshDueConnections(system, { signal: new AbortController().signal });
      expect(server.refreshes).toBe(12);
      const listed = await listConnections(ctx, { limit: 50 });
      expect(listed.items.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      for (const id of ids) await revokeConnection(system, { id });
      await settle(runtime);
      await workRevocations(system);
      for (const id of ids) expect(await rowOf(runtime, id)).toMatchObject({ status: 'revoked', refreshToken: null });
    });
    await server.close();
  });
});
