import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { afterAll, expect, test } from 'vitest';
import { exportCheckpoint } from '#lib/audit/export-checkpoint';
import { sealLedger } from '#lib/audit/seal-ledger';
import { verifyLedger } from '#lib/audit/verify-ledger';
import { type Runtime, systemContext } from '#lib/context';
import type { Database } from '#lib/db/database';
import { isMigrated, migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { standingFreezes } from '#lib/freezes/list';
import { watchInstance } from '#lib/freezes/restore-guard';
import { thaw } from '#lib/freezes/thaw';
import { vendToken } from '#lib/tokens/vend-token';
import { findPostgres, startPostgres } from '#scripts/postgres-server';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, createRuntime, plainRecord } from '#tests/hub';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'grantkeep-dump-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process over that database, with a folder of its own that has seen nothing. */
function processOver(database: Database, name: string): Runtime {
  const made = createRuntime(database, [plainRecord('http://127.0.0.1:9')]);
  return { ...made, config: { ...made.config, dataDir: join(folder, name) } };
}

/** Loads what `pg_dump` wrote of one database into a new one on another server. */
async function moveByDump(from: string, server: string): Promise<string> {
  const programs = findPostgres() ?? '';
  const file = join(folder, 'hub.dump');
  await run(join(programs, 'pg_dump'), ['-Fc', '-f', file, from]);
  const owner = openPostgres(server, { max: 1 });
  await owner.db.execute(sql`create database hub`);
  await owner.close();
  const url = new URL(server);
  url.pathname = '/hub';
  await run(join(programs, 'pg_restore'), ['--exit-on-error', '-d', url.href, file]);
  return url.href;
}

describeWithConnections('a dump that is restored on another server', () => {
  const database = sharedDatabase();

  test('starts frozen and says why; thawed once it serves, and the ledger goes on where it was', async () => {
    const here = processOver(database.current, 'here');
    await watchInstance(here);
    const { id: personId } = await addPerson(here);
    const id = await addConnection(here, { personId });
    const { ctx: caller } = await addApiKey(here);
    expect((await vendToken(caller, { id })).accessToken).toBe(`at_${id}`);
    // The old server is ahead of any new one: the ledger's positions are numbers of its transactions.
    await database.db.execute(
      sql.raw('do $$ begin for n in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$'),
    );
    await vendToken(caller, { id });
    expect((await sealLedger(systemContext(here, 'test'))).rows).toBeGreaterThan(2);
    const checkpoint = await exportCheckpoint(systemContext(here, 'test'));

    const server = await startPostgres();
    try {
      const url = await moveByDump(String(database.current.url), server.url);
      const opened = openPostgres(url);
      try {
        expect(await isMigrated(opened.db)).toBe(false);
        await migrateServer(url);
        const there = processOver(opened, 'there');
        const ctx = systemContext(there, 'test');
        await watchInstance(there);
        const [freeze] = (await standingFreezes(ctx)).items;
        expect(freeze).toMatchObject({ scope: 'everything', createdBy: { id: 'restore-guard' } });
        expect(freeze?.reason).toMatch(/its rows were loaded from a dump/);
        await expect(vendToken(as(there, caller.actor), { id })).rejects.toMatchObject({ code: 'frozen' });

        await thaw(ctx, { id: String(freeze?.id), reason: 'looked at it' });
        await watchInstance(processOver(opened, 'another'));
        expect((await standingFreezes(ctx)).items).toEqual([]);
        expect((await vendToken(as(there, caller.actor), { id })).accessToken).toBe(`at_${id}`);
        expect((await sealLedger(ctx)).rows).toBeGreaterThan(2);
        const report = await verifyLedger(ctx, { checkpoints: [checkpoint] });
        expect(report).toMatchObject({ faults: [], seals: 2, waiting: { rows: 0 } });
      } finally {
        await opened.close();
      }
    } finally {
      await server.stop();
    }
  });
});
