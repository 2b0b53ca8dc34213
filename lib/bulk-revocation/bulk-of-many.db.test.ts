import { text } from 'node:stream/consumers';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportBulkRevocation } from '#lib/bulk-revocation/export';
import { getBulkRevocation } from '#lib/bulk-revocation/get';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { startBulkRevocation } from '#lib/bulk-revocation/start';
import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { revocations } from '#lib/db/schema/revocations';
import { workRevocations } from '#lib/revocation/work-revocations';
import { describeWithConnections, withDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';
import { type RevocationServer, startRevocationServer } from '#tests/servers/revocation-server';

/** Four batches of the work and more. */
const many = 1_000;
const perPerson = 20;
const atOnce = 40;

describeWithConnections('1,000 connections revoked in bulk by two processes, their provider failing one in ten', () => {
  let server: RevocationServer;
  beforeAll(async () => {
    server = await startRevocationServer();
    server.failsEvery = 10;
  });
  afterAll(() => server.close());

  test('all end here once, all end there, each is proved dead, and every row says so', async () => {
    await withDatabase(async (database) => {
      const { db } = database;
      const runtimes = [0, 1].map(() => createRuntime(database, [plainRecord(server.issuer)]));
      const [one] = runtimes;
      if (!one) throw new Error('there is no process');
      const persons = await Promise.all(Array.from({ length: many / perPerson }, () => addPerson(one)));
      for (let at = 0; at < many; at += atOnce) {
        await Promise.all(
          Array.from({ length: atOnce }, (_, n) =>
            addConnection(one, {
              personId: persons[Math.floor((at + n) / perPerson)]?.id ?? '',
              accessToken: `at_${at + n}`,
              refreshToken: `rt_${at + n}`,
            }),
          ),
        );
      }

      const admin = systemContext(one, 'operator');
      const { id, total } = await prepareBulkRevocation(admin, { provider: 'acme' });
      expect(total).toBe(many);
      await startBulkRevocation(admin, { id, reason: 'a key leaked', expected: many });
      const seen = async () => getBulkRevocation(admin, { id });
      for (let rounds = 0; rounds < 30 && !(await seen()).settled; rounds++) {
        await Promise.all(
          runtimes.map(async (runtime) => {
            const ctx = systemContext(runtime, 'jobs');
            await workBulkRevocations(ctx);
            await workRevocations(ctx);
          }),
        );
        await Promise.all(runtimes.flatMap(({ background }) => [...background]));
        // The pauses between attempts pass.
        await db.update(revocations).set({ nextAttemptAt: sql`now()` }).where(eq(revocations.state, 'pending'));
      }

      expect(await seen()).toMatchObject({
        state: 'finished',
        settled: true,
        total: many,
        people: many / perPerson,
        progress: {
          here: { waiting: 0, revoked: many, revoked_before: 0, failed: 0 },
          upstream: { pending: 0, revoked_upstream: many, unsupported: 0, failed: 0 },
          proof: { proved: many, still_accepted: 0, due: 0, not_provable: 0 },
        },
      });
      expect(server.failed).toBeGreaterThanOrEqual(many / 10);
      expect(server.revoked.size).toBe(many);
      // Told once each: no row was worked off by both processes.
      expect([...server.revoked.values()].filter((times) => times !== 1)).toEqual([]);

      const counted = await db.execute(sql`select action, count(*)::int as count from ledger
        where action in ('connection.revoked', 'revocation.finished', 'revocation.proved', 'bulk_revocation.finished')
        group by action order by action`);
      expect(rowsOf(counted)).toEqual([
        { action: 'bulk_revocation.finished', count: 1 },
        { action: 'connection.revoked', count: many },
        { action: 'revocation.finished', count: many },
        { action: 'revocation.proved', count: many },
      ]);

      const csv = await text((await exportBulkRevocation(admin, { id, format: 'csv' })).body);
      const lines = csv.trimEnd().split('\r\n');
      expect(lines).toHaveLength(many + 1);
      expect(lines.slice(1).every((line) => line.includes(',revoked_upstream,') && line.includes(',proved,'))).toBe(
        true,
      );
      const json = JSON.parse(await text((await exportBulkRevocation(admin, { id, format: 'json' })).body));
      expect(json).toMatchObject({ id, total: many, reason: 'a key leaked' });
      expect(json.rows).toHaveLength(many);
    });
  });
});
