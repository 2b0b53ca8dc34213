import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { answerVend } from '#lib/api/vend-answer';
import type { Runtime } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { toAppError } from '#lib/errors';
import { createReadiness } from '#lib/status/readiness';
import { serverAccount } from '#scripts/postgres-server';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, plainRecord, settle } from '#tests/hub';
import { openTcpGate } from '#tests/servers/tcp-gate';
import { surfaces } from '#tests/surfaces';

const record = { ...plainRecord('http://127.0.0.1:9'), sign_in: true, code_challenge_methods_supported: ['S256'] };

describeWithConnections('F-10 a real server', () => {
  const database = sharedDatabase();

  /** A hub of its own at this address, and a vend there by a key that is real. */
  async function hubAt(url: string, statementTimeoutMs?: number) {
    const owner = createRuntime(database.current, [record]);
    const { id: personId } = await addPerson(owner);
    const id = await addConnection(owner, { personId });
    const { key } = await addApiKey(owner);
    const opened = openPostgres(url, { max: 2, ...(statementTimeoutMs ? { statementTimeoutMs } : {}) });
    const runtime = createRuntime(opened, [record]);
    onTestFinished(async () => {
      await settle(runtime);
      await opened.close();
    });
    const vend = () => answerVend(runtime, new Headers({ authorization: `Bearer ${key}` }), id);
    return { runtime, vend };
  }

  /** Expects each of these to answer 503 with Retry-After. */
  async function expectPassing(runtime: Runtime, names: (keyof typeof surfaces)[]) {
    for (const name of names) {
      const answered = await surfaces[name]?.(runtime);
      expect([name, answered?.status, Number(answered?.retryAfter) >= 0]).toEqual([name, 503, true]);
    }
  }

  const all = Object.keys(surfaces);

  test('that is stopped, and comes back: 503 on every surface, and then all is well', async () => {
    const url = new URL(database.current.url ?? '');
    const gate = await openTcpGate({ host: url.hostname, port: Number(url.port) });
    url.port = String(gate.port);
    const { runtime, vend } = await hubAt(url.href);
    const ready = createReadiness(runtime);
    expect([(await vend()).status, await ready()]).toEqual([200, true]);
    await gate.shut();
    await expectPassing(runtime, all);
    expect((await vend()).status).toBe(503);
    await gate.open();
    await expect.poll(async () => (await vend()).status).toBe(200);
    await expect.poll(ready).toBe(true);
    await gate.shut();
  });

  test('whose password was changed: 503 until it is changed back', async () => {
    const role = `hub_${randomBytes(4).toString('hex')}`;
    await database.db.execute(sql.raw(`create role ${role} superuser login password 'one'`));
    const url = new URL(database.current.url ?? '');
    Object.assign(url, { username: role, password: 'one' });
    const { runtime, vend } = await hubAt(url.href);
    expect((await vend()).status).toBe(200);
    await database.db.execute(sql.raw(`alter role ${role} password 'two'`));
    // Again and again: one that was just being made counts too.
    const left = async () =>
      rowsOf(
        await database.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`),
      ).length;
    await expect.poll(left).toBe(0);
    expect((await vend()).status).toBe(503);
    await expectPassing(runtime, all);
    await database.db.execute(sql.raw(`alter role ${role} password 'one'`));
    await expect.poll(async () => (await vend()).status).toBe(200);
  });

  test('that gives statements up: 503, and not ready, until the lock is gone', async () => {
    const { runtime } = await hubAt(database.current.url ?? '', 300);
    const released = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const holding = database.db.transaction(async (tx) => {
      await tx.execute(sql`lock table ledger, rate_limits in access exclusive mode`);
      locked.resolve();
      await released.promise;
    });
    await locked.promise;
    await expectPassing(runtime, ['the start of a flow', 'the end of a flow', '/readyz']);
    released.resolve();
    await holding;
    expect(await createReadiness(runtime)()).toBe(true);
  });

  test('whose disk is full: each vend is 503 and /readyz says so', async () => {
    const { runtime, vend } = await hubAt(database.current.url ?? '');
    const ready = createReadiness(runtime);
    expect([(await vend()).status, await ready()]).toEqual([200, true]);
    const relieve = await fillDisk(database.db);
    expect(await vend()).toMatchObject({ status: 503, headers: { 'retry-after': '15' } });
    await expectPassing(runtime, ['/readyz', 'the start of a flow']);
    await expect.poll(ready).toBe(false);
    await relieve();
    expect((await vend()).status).toBe(200);
    await expect.poll(ready).toBe(true);
  });

  test('whose disk has in truth no room left says what the mapper takes for that', async () => {
    const folder = await fullDisk();
    // Only root can make a disk; what a server says of one is the same in every place.
    if (!folder) return;
    const name = `full_${randomBytes(4).toString('hex')}`;
    await database.db.execute(sql.raw(`create tablespace ${name} location '${folder}'`));
    await database.db.execute(sql.raw(`create table filled (t text) tablespace ${name}`));
    onTestFinished(async () => {
      await database.db.execute(sql.raw(`drop table filled`));
      await database.db.execute(sql.raw(`drop tablespace ${name}`));
    });
    const fill = sql`insert into filled select repeat(md5(n::text), 40) from generate_series(1, 10000) n`;
    const error: unknown = await database.db.execute(fill).catch((thrown: unknown) => thrown);
    expect(toAppError(error)).toMatchObject({ code: 'unavailable', retryAfterSeconds: 15 });
  });
});

/** Leaves no room for the ledger and the counters, by what a server on a full disk says. */
async function fillDisk(db: Db): Promise<() => Promise<void>> {
  await db.execute(
    sql.raw(`create function no_room() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`),
  );
  for (const table of ['ledger', 'rate_limits'])
    await db.execute(
      sql.raw(`create trigger no_room before insert on ${table} for each row execute function no_room()`),
    );
  return async () => void (await db.execute(sql`drop function no_room() cascade`));
}

/** A disk of one megabyte that is full, as a tablespace of the server; undefined where it cannot be made. */
async function fullDisk(): Promise<string | undefined> {
  const account = await serverAccount();
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  chmodSync(folder, 0o700);
  if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid);
  return folder;
}
