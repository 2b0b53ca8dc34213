import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { type Db, rowsOf } from '#lib/db/database';
import { isMigrated, migrateEmbedded, migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { ensurePositionsRise, positionsRise, readSettled, settledPosition } from '#lib/db/positions';
import { describeWithConnections, sharedDatabase, withDatabase } from '#tests/database';

const database = sharedDatabase();

/** Appends a row and answers its position. */
async function append(db: Db): Promise<number> {
  const [row] = rowsOf<{ xid: number }>(
    await db.execute(
      sql`insert into ledger (action, outcome, actor_type) values ('x', 'ok', 'system') returning xid::float8 as xid`,
    ),
  );
  return row?.xid ?? 0;
}

test('each transaction’s rows have one position, above those before', async () => {
  const first = await append(database.db);
  const [second, third] = await database.db.transaction(async (tx) => [
    await append(tx as unknown as Db),
    await append(tx as unknown as Db),
  ]);
  expect(second).toBeGreaterThan(first);
  expect(third).toBe(second);
  expect(await settledPosition(database.current)).toBeGreaterThan(second ?? 0);
});

describe('a copy on a server whose transactions have lower numbers', () => {
  test('is noticed, counts as not migrated, and is mended by the owner', async () => {
    await withDatabase(async (own) => {
      const { db } = own;
      expect(await positionsRise(db)).toBe(true);
      // As if the rows and seals came from a server that had counted further.
      const far = 5_000_000_000;
      await db.execute(sql`insert into ledger_seals (n, encoding, from_xid, to_xid, parts, previous, sealed_at, key_id, signature)
        values (1, 1, 0, ${far}::bigint, '[]', '', now(), 'k', '')`);
      await db.execute(
        sql`insert into ledger (action, outcome, actor_type, xid) values ('x', 'ok', 'system', ${far + 7}::bigint)`,
      );
      expect([await positionsRise(db), await isMigrated(db)]).toEqual([false, false]);
      if (own.url) await migrateServer(own.url);
      else await migrateEmbedded(own);
      expect([await positionsRise(db), await isMigrated(db)]).toEqual([true, true]);
      const position = await append(db);
      expect(position).toBeGreaterThan(far + 7);
      expect(await settledPosition(own)).toBeGreaterThan(position);
      const [before] = rowsOf(
        await db.execute(
          sql`select prosrc, pg_get_functiondef(oid) as text from pg_proc where proname = 'ledger_position'`,
        ),
      );
      await ensurePositionsRise(db);
      const [after] = rowsOf(
        await db.execute(
          sql`select prosrc, pg_get_functiondef(oid) as text from pg_proc where proname = 'ledger_position'`,
        ),
      );
      expect(after).toEqual(before);
    });
  });
});

describeWithConnections('what is settled', () => {
  /** Runs the body while a transaction of that database has written and not ended. */
  async function whileWriting(url: string, body: (position: number) => Promise<void>): Promise<void> {
    const other = openPostgres(url, { max: 1 });
    await other.db.transaction(async (tx) => {
      const [row] = rowsOf<{ number: number }>(
        await tx.execute(sql`select pg_current_xact_id()::text::float8 as number`),
      );
      await body(row?.number ?? 0);
    });
    await other.close();
  }

  test('ends before the oldest transaction that writes here', async () => {
    await whileWriting(database.current.url ?? '', async (running) => {
      await append(database.db);
      expect(await settledPosition(database.current)).toBe(running);
    });
  });

  test('does not wait for one that writes in another database of the server', async () => {
    await withDatabase(async ({ url }) => {
      await whileWriting(url ?? '', async (running) => {
        const position = await append(database.db);
        expect(position).toBeGreaterThan(running);
        expect(await settledPosition(database.current)).toBeGreaterThan(position);
      });
    });
  });

  describe('A-04 a transaction that only reads', () => {
    const role = (name: string) => `${name}_${process.pid}_${Date.now()}`;

    /** Runs the body while a role of its own holds a transaction's number and waits, as it may in any database. */
    async function whileItWaits(
      rights: (db: Db, name: string) => Promise<unknown>,
      body: (holder: { name: string; pid: number; number: number }) => Promise<void>,
    ): Promise<void> {
      const name = role('waiting');
      const { db, url = '' } = database.current;
      await db.execute(sql.raw(`create role "${name}" login password 'x'`));
      await rights(db, name);
      const address = new URL(url);
      address.username = name;
      address.password = 'x';
      // Without our own limit on transactions that stand still: others have none.
      const other = openPostgres(address.href, { max: 1, statementTimeoutMs: 0 });
      try {
        await other.db.transaction(async (tx) => {
          const [row] = rowsOf<{ number: number; pid: number }>(
            await tx.execute(sql`select pg_current_xact_id()::text::float8 as number, pg_backend_pid() as pid`),
          );
          await body({ name, pid: row?.pid ?? 0, number: row?.number ?? 0 });
        });
      } finally {
        await other.close();
        await db.execute(sql.raw(`drop owned by "${name}" cascade`));
        await db.execute(sql.raw(`drop role "${name}"`));
      }
    }

    const readOnly = (db: Db, name: string) =>
      db.execute(sql.raw(`grant select on all tables in schema public to "${name}"`));

    test('is not waited for, whoever looks', async () => {
      const serving = role('serving');
      const { db, url = '' } = database.current;
      await db.execute(sql.raw(`create role "${serving}" login password 'x'`));
      const address = new URL(url);
      address.username = serving;
      address.password = 'x';
      const asServing = openPostgres(address.href, { max: 1 });
      await whileItWaits(readOnly, async ({ number }) => {
        const position = await append(db);
        expect(position).toBeGreaterThan(number);
        // Other tests write on this server: a transaction that ends within a look cannot be told from a writer.
        for (const looking of [database.current, asServing])
          await expect.poll(() => readSettled(looking)).toMatchObject({ position: expect.any(Number), holder: null });
        expect(await settledPosition(asServing)).toBeGreaterThan(position);
      });
      await asServing.close();
      await db.execute(sql.raw(`drop role "${serving}"`));
    });

    test.each<[string, (name: string) => string[]]>([
      ['may insert', (name) => [`grant insert on ledger to "${name}"`]],
      ['may insert into one column', (name) => [`grant insert (action) on ledger to "${name}"`]],
      ['may insert into one partition', (name) => [`grant insert on ledger_default to "${name}"`]],
      [
        'may become a role that may',
        (name) => [
          `create role "${name}_w" noinherit`,
          `grant insert on ledger to "${name}_w"`,
          `grant "${name}_w" to "${name}"`,
        ],
      ],
      ['may write all data', (name) => [`grant pg_write_all_data to "${name}"`]],
      ['may make itself a member of others', (name) => [`alter role "${name}" createrole`]],
      ['is a superuser', (name) => [`alter role "${name}" superuser`]],
    ])('is waited for, and named, where its role %s', async (_, rights) => {
      let made = '';
      const grant = async (db: Db, name: string) => {
        made = name;
        for (const statement of rights(name)) await db.execute(sql.raw(statement));
      };
      await whileItWaits(grant, async ({ name, pid, number }) => {
        await append(database.db);
        expect(await readSettled(database.current)).toEqual({ position: number, holder: { pid, role: name } });
      });
      await database.db.execute(
        sql.raw(`do $$ begin if to_regrole('${made}_w') is not null then
          drop owned by "${made}_w"; drop role "${made}_w"; end if; end $$`),
      );
    });
  });
});
