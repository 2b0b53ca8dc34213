import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { isDatabaseUnavailable, isUniqueViolation, rowsOf, withTransaction } from '#lib/db/database';
import { isMigrated, migrateEmbedded, migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { ensureLedgerPartitions } from '#lib/db/partitions';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { newPersonId } from '#lib/ids';
import { describeWithConnections, sharedDatabase, withDatabase } from '#tests/database';

const database = sharedDatabase();

/** Each partition of the ledger with the rows it holds. */
async function partitions(db = database.db): Promise<Map<string, number>> {
  const names = rowsOf<{ name: string }>(
    await db.execute(
      sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'ledger'::regclass order by 1`,
    ),
  );
  const counts = new Map<string, number>();
  for (const { name } of names) {
    const [row] = rowsOf<{ count: number }>(
      await db.execute(sql`select count(*)::int as count from only ${sql.identifier(name)}`),
    );
    counts.set(name, row?.count ?? 0);
  }
  return counts;
}

const append = (at: string, db = database.db) =>
  db.insert(ledger).values({ at: new Date(at), action: 'request.refused', outcome: 'refused', actorType: 'anonymous' });

const monthOf = (date: Date) => `ledger_${date.toISOString().slice(0, 7).replace('-', '_')}`;

describe('the ledger’s partitions', () => {
  test('are there from the first migration: this month, the next thirteen, and one for what is outside', async () => {
    const now = new Date();
    const names = [...(await partitions()).keys()];
    expect(names).toHaveLength(15);
    expect(names).toContain('ledger_default');
    for (const ahead of [0, 1, 13]) {
      expect(names).toContain(monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1))));
    }
  });

  test('take the rows of their month, to the millisecond', async () => {
    await withDatabase(async ({ db }) => {
      await ensureLedgerPartitions(db, new Date('2031-11-15T00:00:00Z'));
      for (const at of [
        '2031-12-01T00:00:00.000Z',
        '2031-12-31T23:59:59.999Z',
        '2032-01-01T00:00:00.000Z',
        '2000-01-01T00:00:00Z',
      ]) {
        await append(at, db);
      }
      const counts = await partitions(db);
      expect([counts.get('ledger_2031_12'), counts.get('ledger_2032_01'), counts.get('ledger_default')]).toEqual([
        2, 1, 1,
      ]);
    });
  });

  test('are made anew without harm, and a month whose rows came before its partition stays where it is', async () => {
    await withDatabase(async ({ db }) => {
      await append('2040-05-05T00:00:00Z', db);
      await ensureLedgerPartitions(db, new Date('2040-04-15T00:00:00Z'));
      const names = (await partitions(db)).size;
      await ensureLedgerPartitions(db, new Date('2040-04-15T00:00:00Z'));
      const counts = await partitions(db);
      expect(counts.size).toBe(names);
      expect(counts.get('ledger_default')).toBe(1);
      expect([counts.has('ledger_2040_04'), counts.has('ledger_2040_05'), counts.has('ledger_2040_06')]).toEqual([
        true,
        false,
        true,
      ]);
      await append('2040-05-06T00:00:00Z', db);
      expect((await partitions(db)).get('ledger_default')).toBe(2);
    });
  });
});

describe('migrations', () => {
  test('are known to be applied, and applying them again changes nothing', async () => {
    await withDatabase(async (own) => {
      expect(await isMigrated(own.db)).toBe(true);
      await own.db.insert(people).values({ id: newPersonId(), provider: 'a', issuer: 'i', subject: 's' });
      if (own.url) await migrateServer(own.url);
      else await migrateEmbedded(own);
      expect(await isMigrated(own.db)).toBe(true);
      expect(await own.db.select().from(people)).toHaveLength(1);
    });
  });

  test('that are missing are noticed, also where there is nothing at all', async () => {
    await withDatabase(async ({ db }) => {
      await db.execute(sql`update drizzle.__drizzle_migrations set created_at = created_at - 1`);
      expect(await isMigrated(db)).toBe(false);
      await db.execute(sql`drop schema drizzle cascade`);
      expect(await isMigrated(db)).toBe(false);
    });
  });
});

describe('transactions', () => {
  test('are undone as a whole when the body throws, and say what it threw', async () => {
    const id = newPersonId();
    const failure = new Error('changed my mind');
    const work = withTransaction(database.db, async (tx) => {
      await tx.insert(people).values({ id, provider: 'a', issuer: 'i', subject: id });
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await database.db.select({ id: people.id }).from(people).where(sql`id = ${id}`)).toEqual([]);
  });

  test('a row that a unique index refuses is told by its index', async () => {
    const row = { provider: 'a', issuer: 'https://id.example', subject: newPersonId() };
    await database.db.insert(people).values({ id: newPersonId(), ...row });
    const error: unknown = await database.db
      .insert(people)
      .values({ id: newPersonId(), ...row })
      .catch((thrown: unknown) => thrown);
    expect([
      isUniqueViolation(error),
      isUniqueViolation(error, 'people_identity'),
      isUniqueViolation(error, 'people_pkey'),
    ]).toEqual([true, true, false]);
    expect(isDatabaseUnavailable(error)).toBe(false);
    expect(isUniqueViolation(new Error('23505'))).toBe(false);
  });
});

test.each<[string, unknown, boolean]>([
  ['a refused connection', Object.assign(new Error(), { code: 'ECONNREFUSED' }), true],
  ['what caused it', new Error('failed', { cause: Object.assign(new Error(), { code: '57P01' }) }), true],
  ['a faulty statement', Object.assign(new Error(), { code: '42601' }), false],
  ['an error without a code', new Error('ECONNREFUSED'), false],
  ['what is no error', { code: 'ECONNREFUSED' }, false],
  ['nothing', undefined, false],
])('%s means that the database is out of reach: %#', (_, error, expected) => {
  expect(isDatabaseUnavailable(error)).toBe(expected);
});

/** What each way into a database says of it. */
async function faultsOf({ db, hot, close }: ReturnType<typeof openPostgres>): Promise<boolean[]> {
  const asked = [
    ...Array.from({ length: 20 }, () => hot.read('select 1', [])),
    hot.write('select 1', []),
    db.execute(sql`select 1`),
    withTransaction(db, (tx) => tx.execute(sql`select 1`)),
  ];
  const faults = (await Promise.allSettled(asked)).map(
    (one) => one.status === 'rejected' && isDatabaseUnavailable(one.reason),
  );
  await close();
  return faults;
}

test.each([
  ['a server that is not there', '127.0.0.1:1'],
  ['one to which no way leads', '255.255.255.255'],
  ['one whose name nobody knows', 'nowhere.invalid'],
])('%s is out of reach', async (_, host) => {
  const faults = await faultsOf(openPostgres(`postgres://hub@${host}/hub`, { max: 1 }));
  expect(new Set(faults)).toEqual(new Set([true]));
});

test('so is one behind a balancer that takes a connection only to end it', async () => {
  const balancer = createServer((socket) => socket.destroy());
  balancer.listen(0, '127.0.0.1');
  await once(balancer, 'listening');
  const { port } = balancer.address() as AddressInfo;
  const faults = await faultsOf(openPostgres(`postgres://hub@127.0.0.1:${port}/hub`, { max: 1 }));
  expect(new Set(faults)).toEqual(new Set([true]));
  balancer.close();
});

describeWithConnections('a database whose connections are ended', () => {
  test('is out of reach for what was running, and back for what comes after', async () => {
    await withDatabase(async ({ db, url }) => {
      const other = openPostgres(url ?? '', { max: 1 });
      const [own] = rowsOf<{ pid: number }>(await other.db.execute(sql`select pg_backend_pid() as pid`));
      const running = other.db.execute(sql`select pg_sleep(60)`).catch((thrown: unknown) => thrown);
      await expect
        .poll(async () =>
          rowsOf(
            await db.execute(sql`select 1 from pg_stat_activity where pid = ${own?.pid} and wait_event = 'PgSleep'`),
          ),
        )
        .toHaveLength(1);
      await db.execute(sql`select pg_terminate_backend(${own?.pid})`);
      expect(isDatabaseUnavailable(await running)).toBe(true);
      // The pool may still hand out what it has just lost, once.
      await expect.poll(async () => rowsOf(await other.db.execute(sql`select 1 as one`))).toEqual([{ one: 1 }]);
      await other.close();
    });
  });

  test('fails a transaction as a whole, also between two statements, and what is left of it runs nowhere else', async () => {
    await withDatabase(async ({ db, url }) => {
      const other = openPostgres(url ?? '', { max: 1 });
      const id = newPersonId();
      const lost: unknown = await withTransaction(other.db, async (tx) => {
        const [own] = rowsOf<{ pid: number }>(await tx.execute(sql`select pg_backend_pid() as pid`));
        await db.execute(sql`select pg_terminate_backend(${own?.pid})`);
        await expect
          .poll(async () => rowsOf(await db.execute(sql`select 1 from pg_stat_activity where pid = ${own?.pid}`)))
          .toHaveLength(0);
        // Meanwhile another caller may have been given the pool's one place.
        const meanwhile = other.db.execute(sql`select 1`).catch(() => {});
        await tx
          .insert(people)
          .values({ id, provider: 'a', issuer: 'i', subject: id })
          .finally(() => meanwhile);
      }).catch((thrown: unknown) => thrown);
      expect(isDatabaseUnavailable(lost)).toBe(true);
      expect(await db.select({ id: people.id }).from(people).where(sql`id = ${id}`)).toEqual([]);
      await withTransaction(other.db, (tx) =>
        tx.insert(people).values({ id, provider: 'a', issuer: 'i', subject: id }),
      );
      expect(await db.select({ id: people.id }).from(people).where(sql`id = ${id}`)).toEqual([{ id }]);
      await other.close();
    });
  });

  test('gives the rows of a transaction that stands still back to those who wait for them', async () => {
    await withDatabase(async ({ db, url }) => {
      const frozen = openPostgres(url ?? '', { max: 1, statementTimeoutMs: 2_000 });
      const id = newPersonId();
      await db.insert(people).values({ id, provider: 'a', issuer: 'i', subject: id });
      const lost: unknown = await withTransaction(frozen.db, async (tx) => {
        await tx.update(people).set({ name: 'frozen' }).where(sql`id = ${id}`);
        await db.update(people).set({ name: 'free' }).where(sql`id = ${id}`);
      }).catch((thrown: unknown) => thrown);
      expect(isDatabaseUnavailable(lost)).toBe(true);
      expect(await db.select({ name: people.name }).from(people).where(sql`id = ${id}`)).toEqual([{ name: 'free' }]);
      await frozen.close();
    });
  });

  test('leaves no place of the pool taken, however often it happens', async () => {
    await withDatabase(async ({ db, url }) => {
      const other = openPostgres(url ?? '', { max: 2 });
      for (let round = 0; round < 5; round++) {
        const begun = [1, 2].map(() =>
          withTransaction(other.db, async (tx) => {
            const [own] = rowsOf<{ pid: number }>(await tx.execute(sql`select pg_backend_pid() as pid`));
            await db.execute(sql`select pg_terminate_backend(${own?.pid})`);
            await tx.execute(sql`select pg_sleep(1)`);
          }),
        );
        for (const { status } of await Promise.allSettled(begun)) expect(status).toBe('rejected');
      }
      expect(rowsOf(await other.db.execute(sql`select 1 as one`))).toEqual([{ one: 1 }]);
      await other.close();
    });
  });

  test('keeps the hot path from nothing but what was under way', async () => {
    await withDatabase(async ({ db, url }) => {
      const other = openPostgres(url ?? '');
      for (let round = 0; round < 3; round++) {
        const [own] = await other.hot.read<{ pid: number }>('select pg_backend_pid() as pid', []);
        const running = Array.from({ length: 20 }, () =>
          other.hot.read('select pg_sleep(60)', []).then(
            () => false,
            (thrown: unknown) => isDatabaseUnavailable(thrown),
          ),
        );
        await expect
          .poll(async () =>
            rowsOf(
              await db.execute(sql`select 1 from pg_stat_activity where pid = ${own?.pid} and wait_event = 'PgSleep'`),
            ),
          )
          .toHaveLength(1);
        await db.execute(sql`select pg_terminate_backend(${own?.pid})`);
        expect(new Set(await Promise.all(running))).toEqual(new Set([true]));
        expect(await other.hot.read<{ one: number }>('select $1::int as one', ['1'])).toEqual([{ one: 1 }]);
      }
      await other.close();
    });
  });

  test('two processes that migrate at once both end well', async () => {
    await withDatabase(async ({ db, url }) => {
      await db.execute(sql`drop schema public cascade`);
      await db.execute(sql`create schema public`);
      await db.execute(sql`drop schema drizzle cascade`);
      await Promise.all([migrateServer(url ?? ''), migrateServer(url ?? ''), migrateServer(url ?? '')]);
      expect(await isMigrated(db)).toBe(true);
      expect((await partitions(db)).size).toBe(15);
    });
  });
});
