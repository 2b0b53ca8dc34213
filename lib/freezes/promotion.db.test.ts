import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';
import { migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { isAppError } from '#lib/errors';
import { standingFreezes } from '#lib/freezes/list';
import { startRestoreGuard } from '#lib/freezes/restore-guard';
import { putBackRecent } from '#lib/refresh/recent-answers';
import { refreshConnection } from '#lib/refresh/refresh';
import { startPostgres } from '#scripts/postgres-server';
import { describeWithConnections } from '#tests/database';
import { addConnection, addPerson, createRuntime, entries, plainRecord, rowOf } from '#tests/hub';
import { openTcpGate } from '#tests/servers/tcp-gate';
import { startTokenServer } from '#tests/servers/token-server';

const at = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });

function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

const inHub = (url: string) => url.replace(/\/postgres$/, '/hub');

async function run<T extends Record<string, unknown>>(db: Db, statement: ReturnType<typeof sql>): Promise<T[]> {
  return rowsOf<T>(await db.execute(statement));
}

/** A primary, an asynchronous standby that can be cut off from it, and one address for whichever of them serves. */
async function startPair() {
  const settings = { wal_level: 'replica', synchronous_commit: 'local' };
  const primary = await startPostgres(settings);
  onTestFinished(() => primary.stop());
  const copying = await openTcpGate(at(primary.url));
  const standby = await startPostgres({ ...settings, hot_standby: 'on' }, through(primary.url, copying.port));
  onTestFinished(async () => {
    await standby.stop();
    await copying.shut().catch(() => {});
  });
  const target = at(primary.url);
  const address = await openTcpGate(target);
  onTestFinished(() => address.shut().catch(() => {}));
  const own = openPostgres(primary.url, { max: 1 });
  const far = openPostgres(standby.url, { max: 1 });
  onTestFinished(async () => {
    await Promise.all([own.close(), far.close()]);
  });
  await own.db.execute(sql`create database hub`);
  const url = inHub(through(primary.url, address.port));
  await migrateServer(url);
  return {
    url,
    direct: inHub(primary.url),
    /** Waits until the standby has all, and cuts it off. */
    async fallBehind(): Promise<void> {
      const [here] = await run<{ lsn: string }>(own.db, sql`select pg_current_wal_lsn()::text as lsn`);
      await expect
        .poll(() => run(far.db, sql`select pg_last_wal_replay_lsn() >= ${here?.lsn}::pg_lsn as done`), {
          timeout: 30_000,
        })
        .toEqual([{ done: true }]);
      await copying.shut();
    },
    async promote(): Promise<void> {
      await primary.stop('SIGQUIT');
      await run(far.db, sql`select pg_promote()`);
      await address.shut();
      target.port = at(standby.url).port;
      await address.open();
    },
  };
}

describeWithConnections('F-05 a standby that lacks the last seconds is promoted', () => {
  test('refreshed tokens are put back before one is shown, and what is lost is called lost, not stolen', async () => {
    const pair = await startPair();
    const server = await startTokenServer();
    server.behaviour.reuseEndsGrant = true;
    onTestFinished(() => server.close());
    const records = [plainRecord(server.issuer)];
    const processOver = (url: string) => {
      const database = openPostgres(url, { max: 4 });
      onTestFinished(() => database.close());
      return createRuntime(database, records);
    };
    const [one, two, dead] = [processOver(pair.url), processOver(pair.url), processOver(pair.direct)];
    for (const runtime of [one, two]) {
      onTestFinished(await startRestoreGuard(runtime, { onPromotion: putBackRecent }));
    }
    const { id: personId } = await addPerson(one);
    const make = () => addConnection(one, { personId, refreshToken: server.grant(), expiresIn: -5, age: 3605 });
    const ids = await Promise.all(Array.from({ length: 6 }, make));
    const lost = await make();
    // A refresh that both have: a grant that is suspected of theft afterwards was refreshed before.
    const refresh = (runtime: typeof one, id: string) =>
      refreshConnection(systemContext(runtime, 'test'), { id, force: true });
    await Promise.all([...ids, lost].map((id) => refresh(one, id)));
    await pair.fallBehind();
    await Promise.all(ids.map((id, n) => refresh(n % 2 === 0 ? one : two, id)));
    await refresh(dead, lost);
    await pair.promote();

    const outcome = async (id: string) => {
      for (;;) {
        try {
          await refresh(one, id);
          return 'refreshed';
        } catch (error) {
          if (isAppError(error) && error.status < 500) return error.code;
        }
      }
    };
    expect(await Promise.all(ids.map(outcome))).toEqual(ids.map(() => 'refreshed'));
    expect(server.reuses).toBe(0);
    for (const id of ids) {
      const row = await rowOf(one, id);
      expect(server.accepts(one.vault.open(row.refreshToken ?? '', refreshTokenPlace(row)))).toBe(true);
    }
    expect(await outcome(lost)).toBe('needs_reconnect');
    expect(await rowOf(one, lost)).toMatchObject({ status: 'needs_reconnect', statusReason: 'answer_lost' });
    const all = await entries(one);
    expect(all.map(({ action }) => action)).not.toContain('token.theft_suspected');
    const promoted = all.filter(({ action }) => action === 'instance.promoted');
    expect(promoted).toMatchObject([{ details: { timeline: 2, before: 1, last_mark: expect.any(String) } }]);
    expect((await standingFreezes(systemContext(one, 'test'))).items).toEqual([]);
  });
});
