import { expect, test } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { holdDataKeys } from '#lib/vault-keys/data-keys';
import { type PostgresServer, startPostgres } from '#scripts/postgres-server';
import { addApiKey, addConnection, addPerson, rowOf } from '#tests/hub';
import { type DatabaseAddress, startPgbouncer, startTcpBalancer } from './database-address.ts';
import { startHubs } from './hubs.ts';
import { startLoad } from './load.ts';

const durable = { wal_level: 'replica', synchronous_commit: 'on' };

const inDatabase = (server: PostgresServer) => server.url.replace(/\/postgres$/, '/hub');

async function run(url: string, statement: ReturnType<typeof sql>) {
  const database = openPostgres(url, { max: 1 });
  return rowsOf<Record<string, unknown>>(await database.db.execute(statement).finally(() => database.close()));
}

/** A primary with commits that wait until its standby has them, with an empty database `hub`. */
async function startPair(): Promise<{ primary: PostgresServer; standby: PostgresServer }> {
  const primary = await startPostgres({ ...durable, synchronous_standby_names: '*' });
  try {
    const standby = await startPostgres({ ...durable, hot_standby: 'on' }, primary.url);
    await expect
      .poll(() => run(primary.url, sql`select sync_state from pg_stat_replication`), { timeout: 60_000 })
      .toEqual([{ sync_state: 'sync' }]);
    await run(primary.url, sql`create database hub`);
    return { primary, standby };
  } catch (error) {
    await primary.stop();
    throw error;
  }
}

const fronts: [name: string, pooler: 'none' | 'transaction', (url: string) => Promise<DatabaseAddress>][] = [
  ['PgBouncer', 'transaction', (url) => startPgbouncer(url, 6)],
  ['HAProxy', 'none', startTcpBalancer],
];

for (const [name, pooler, startFront] of fronts) {
  test(`a standby promoted behind ${name} while tokens are vended and refreshed: nothing acknowledged is lost`, async () => {
    const { primary, standby } = await startPair();
    const address = await startFront(inDatabase(primary));
    try {
      const { hubs, provider, runtimeAt, close } = await startHubs({ count: 2, databaseUrl: address.url, pooler });
      try {
        // Over again after a second, so that each call has its share of refreshes.
        provider.behaviour.expiresIn = 1;
        const before = runtimeAt(inDatabase(primary));
        const { id: personId } = await addPerson(before);
        const { key } = await addApiKey(before);
        const ids: string[] = [];
        for (let n = 0; n < 12; n++)
          ids.push(await addConnection(before, { personId, refreshToken: provider.grant(), expiresIn: 1 }));
        const processes = hubs.map(({ child }) => child.pid);
        const load = startLoad(12, key, { urls: hubs.map(({ url }) => url), ids });
        await load.given(200);

        await primary.stop('SIGQUIT');
        await expect.poll(() => load.heard.later.get('unavailable') ?? 0).toBeGreaterThan(5);
        await run(standby.url, sql`select pg_promote()`);
        address.repoint(inDatabase(standby));
        await load.given(200);
        const heard = await load.stop();

        expect(heard.failed).toEqual([]);
        expect(hubs.map(({ child }) => (child.exitCode === null ? child.pid : undefined))).toEqual(processes);
        const after = runtimeAt(inDatabase(standby));
        await holdDataKeys(after);
        const written = await run(
          inDatabase(standby),
          sql`select request_id from ledger where action = 'token.vended' and outcome = 'ok'`,
        );
        const known = new Set(written.map((row) => row.request_id));
        expect(heard.given.filter((id) => !known.has(id))).toEqual([]);
        for (const id of ids) {
          const row = await rowOf(after, id);
          const newest = after.vault.open(row.refreshToken ?? '', refreshTokenPlace(row));
          const honest = [row.lastRefreshError, row.statusReason].includes('answer_lost');
          expect(provider.accepts(newest) || honest, `${id} holds the newest token or says that it was lost`).toBe(
            true,
          );
        }
        await expectJobsGoOn(inDatabase(standby));
        // Each of the processes serves a caller now, at its first call.
        const last = startLoad(2, key, { urls: hubs.map(({ url }) => url), ids });
        await last.given(20);
        expect((await last.stop()).failed).toEqual([]);
      } finally {
        await close();
      }
    } finally {
      await address.close();
      await standby.stop();
      await primary.stop();
    }
  });
}

/** A tick that is due is still taken by one of the processes. */
async function expectJobsGoOn(url: string): Promise<void> {
  const database = openPostgres(url, { max: 1 });
  const ended = async () =>
    rowsOf<{ run: number }>(
      await database.db.execute(sql`select ended_run::int as run from jobs where name = 'tick'`),
    )[0]?.run ?? 0;
  try {
    const before = await ended();
    await database.db.execute(sql`update jobs set started_at = started_at - interval '1 minute' where name = 'tick'`);
    await expect.poll(ended, { timeout: 60_000 }).toBeGreaterThan(before);
  } finally {
    await database.close();
  }
}
