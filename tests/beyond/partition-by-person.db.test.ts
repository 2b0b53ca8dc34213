import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { listConnections } from '#lib/connections/list';
import { systemContext } from '#lib/context';
import { rowsOf, withTransaction } from '#lib/db/database';
import { hashSecret } from '#lib/ids';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { vendStatement } from '#lib/tokens/vend-query';
import { vendToken } from '#lib/tokens/vend-token';
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

  test('are vended by statements that look into the partitions of those who are asked for, and no other', async () => {
    const server = await startTokenServer();
    await withDatabase(async (database) => {
      const { db } = database;
      const partitions = await partitionByPerson(db, spread);
      const runtime = createRuntime(database, [plainRecord(server.issuer)]);
      const { ctx, key } = await addApiKey(runtime);
      const asked: { n: number; key: string; personId: string; id: string }[] = [];
      for (let n = 0; n < 2; n++) {
        const { id: personId } = await addPerson(runtime);
        asked.push({ n, key: hashSecret(key), personId, id: await addConnection(runtime, { personId }) });
      }
      for (const { id } of asked) await vendToken(ctx, { id });
      const statement = vendStatement('key_hash').replace('$1', `'${JSON.stringify(asked)}'`);
      const plan = rowsOf<{ 'QUERY PLAN': string }>(
        await db.execute(sql.raw(`explain (analyze, costs off, timing off) ${statement}`)),
      );
      // Its name stands before its alias, which looks alike.
      const looks = plan.flatMap(({ 'QUERY PLAN': line }) => {
        const name = / on (connections_\d+) /.exec(line)?.[1];
        return name ? [{ name, never: line.includes('never executed') }] : [];
      });
      expect(looks.map(({ name }) => name).toSorted()).toEqual(partitions.toSorted());
      const own = await Promise.all(asked.map(({ id }) => partitionOf(db, id)));
      expect(looks.flatMap(({ name, never }) => (never ? [] : [name])).toSorted()).toEqual(
        [...new Set(own)].toSorted(),
      );
    });
    await server.close();
  });

  test('are revoked while every other partition is locked: no statement looks there', async () => {
    const server = await startTokenServer();
    await withDatabase(async (database) => {
      const partitions = await partitionByPerson(database.db, spread);
      const runtime = createRuntime(database, [plainRecord(server.issuer)]);
      const { id: personId } = await addPerson(runtime);
      const fresh = await addConnection(runtime, { personId });
      const own = await partitionOf(database.db, fresh);
      const others = partitions.filter((name) => name !== own);
      expect(others).toHaveLength(spread - 1);

      await withTransaction(database.db, async (tx) => {
        await tx.execute(sql.raw(`lock table only ${others.join(', only ')} in access exclusive mode`));
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
