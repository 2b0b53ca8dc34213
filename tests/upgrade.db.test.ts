import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { sealLedger } from '#lib/audit/seal-ledger';
import { verifyLedger } from '#lib/audit/verify-ledger';
import { migrate } from '#lib/cli/migrate';
import { openTokens, sealedColumns } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { type Database, type Db, rowsOf } from '#lib/db/database';
import { ensureTrigrams } from '#lib/db/extension';
import { isMigrated, migrateEmbedded, migrateServer } from '#lib/db/migrate';
import { openPostgres, pgliteOptions, wrapPglite } from '#lib/db/open';
import { ensureLedgerPartitions } from '#lib/db/partitions';
import { connections } from '#lib/db/schema/connections';
import { readDatabaseStatus } from '#lib/status/database-status';
import { resealTokens } from '#lib/vault-keys/reseal';
import { checkVaultKeys } from '#lib/vault-keys/vault-keys';
import { describeWithConnections, engine } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';

/** The migrations of the first release with people in it, and how much of each a hub of that time may hold. */
const firstMigrations = 3;
const held = { people: 500, connections: 2_000, entries: 3_000, revocations: 500 };

let old: string;
beforeAll(() => {
  old = mkdtempSync(join(tmpdir(), 'grantkeep-upgrade-'));
  const journal = JSON.parse(readFileSync('drizzle/meta/_journal.json', 'utf8')) as { entries: { tag: string }[] };
  const entries = journal.entries.slice(0, firstMigrations);
  mkdirSync(join(old, 'meta'));
  writeFileSync(join(old, 'meta', '_journal.json'), JSON.stringify({ ...journal, entries }));
  for (const { tag } of entries) cpSync(`drizzle/${tag}.sql`, join(old, `${tag}.sql`));
});
afterAll(() => rmSync(old, { recursive: true, force: true }));

/** Brings an empty database to where the first release left it, and fills it as a hub in use does. */
async function asItWas(db: Db): Promise<void> {
  await ensureTrigrams(db);
  const options = { migrationsFolder: old };
  if (engine === 'pglite') await migratePglite(db as unknown as Parameters<typeof migratePglite>[0], options);
  else await migratePostgres(db as unknown as Parameters<typeof migratePostgres>[0], options);
  await ensureLedgerPartitions(db, new Date());
  await db.execute(sql`insert into people (id, provider, issuer, subject, name)
    select 'per_' || lpad(n::text, 16, '0'), 'acme', 'https://id.example', n::text, 'Person ' || n
    from generate_series(1, ${held.people}::int) n`);
  await db.execute(sql`insert into connections (person_id, id, provider, issuer, subject, label, status, scopes_requested,
      "authorization", access_token)
    select p, 'con_' || substr(p, 5) || lpad(n::text, 16, '0'), 'acme', 'https://acme.example', n::text, 'Account ' || n,
      case when n % 4 = 0 then 'revoked' else 'connected' end, '{read}', '{}', 'sealed'
    from generate_series(1, ${held.connections}::int) n,
      lateral (select 'per_' || lpad((1 + n % ${held.people}::int)::text, 16, '0') as p) who`);
  await db.execute(sql`insert into revocations (person_id, connection_id, state, attempts, last_error_code, requested_by)
    select person_id, id, (array['pending', 'revoked_upstream', 'unsupported', 'failed'])[1 + subject::int / 4 % 4], 3,
      'temporarily_unavailable', person_id
    from connections where status = 'revoked'`);
  await db.execute(sql`insert into ledger (at, action, outcome, actor_type, actor_id, person_id, ip, request_id, details)
    select now() - n * interval '1 minute', 'token.vended', 'ok', 'api_key', 'key_1',
      'per_' || lpad((1 + n % ${held.people}::int)::text, 16, '0'), '203.0.113.7', 'req_' || n, '{"scopes": ["read"]}'
    from generate_series(1, ${held.entries}::int) n`);
}

/** Seals the rows that are there and asks for every entry of old. */
async function expectWhole(database: Database): Promise<void> {
  const { db } = database;
  expect(await isMigrated(db)).toBe(true);
  const [count] = rowsOf<Record<string, number>>(
    await db.execute(sql`select (select count(*)::int from people) as people,
      (select count(*)::int from connections) as connections, (select count(*)::int from ledger) as entries,
      (select count(*)::int from revocations) as revocations`),
  );
  expect(count).toEqual(held);
  const ctx = systemContext(createRuntime(database, [plainRecord('http://127.0.0.1:9')]), 'test');
  expect((await sealLedger(ctx)).rows).toBe(held.entries);
  expect(await verifyLedger(ctx)).toMatchObject({ faults: [], rows: held.entries, waiting: { rows: 0 } });
}

/** A database as the first release left it, then changed by `before`, upgraded, and handed to the body. */
async function upgraded(
  body: (database: Database) => Promise<void>,
  before = async (_: Database) => {},
): Promise<void> {
  if (engine === 'pglite') {
    const database = wrapPglite(await PGlite.create(pgliteOptions));
    await asItWas(database.db);
    await before(database);
    await migrateEmbedded(database);
    await body(database).finally(() => database.close());
    return;
  }
  await onServer(async (url) => {
    const database = openPostgres(url);
    await asItWas(database.db);
    await before(database);
    await migrateServer(url);
    await body(database).finally(() => database.close());
  });
}

test('a database of the first release is upgraded with all that it holds, and its ledger is sealed', () =>
  upgraded(expectWhole));

/** Seals each connection's access token as the first release did: bound to its row and column, and to nothing else. */
async function sealAsThen(database: Database): Promise<void> {
  const { vault } = createRuntime(database, []);
  const rows = rowsOf<{ id: string }>(await database.db.execute(sql`select id from connections`));
  const sealed = await Promise.all(
    rows.map(async ({ id }) => ({
      id,
      token: await vault.seal(`at_${id}`, { row: id, column: 'connections.access_token' }),
    })),
  );
  await database.db.execute(sql`update connections set access_token = then_sealed.token
    from jsonb_to_recordset(${JSON.stringify(sealed)}::text::jsonb) as then_sealed(id text, token text)
    where connections.id = then_sealed.id`);
}

test('A-03 tokens that the first release sealed open after the upgrade, are counted and sealed anew', () =>
  upgraded(async (database) => {
    const { db } = database;
    const runtime = createRuntime(database, [plainRecord('http://127.0.0.1:9')]);
    const ctx = systemContext(runtime, 'test');
    await checkVaultKeys(runtime);
    const read = () => db.select(sealedColumns).from(connections).orderBy(connections.id);
    const before = await read();
    expect(before).toHaveLength(held.connections);
    for (const row of before) expect(openTokens(runtime, row).accessToken).toBe(`at_${row.id}`);
    expect((await readDatabaseStatus(ctx)).unboundRows).toBe(held.connections);

    await resealTokens(ctx, { seconds: 120 });
    expect((await readDatabaseStatus(ctx)).unboundRows).toBe(0);
    for (const row of await read()) expect(openTokens(runtime, row).accessToken).toBe(`at_${row.id}`);
    // One of before, put back, is a forgery from now on.
    const [first] = before;
    if (!first) throw new Error('there is no connection');
    expect(() => openTokens(runtime, first)).toThrow(expect.objectContaining({ code: 'vault_old_form' }));
    const [told] = rowsOf<{ count: number }>(
      await db.execute(sql`select count(*)::int as count from ledger where action = 'vault.resealed'`),
    );
    expect(told?.count).toBe(1);
  }, sealAsThen));

/** Gives the body an empty database of its own on the test server. */
async function onServer(body: (url: string, administer: Db) => Promise<void>, owner?: string): Promise<void> {
  const { url } = inject('postgresServer');
  const administrator = openPostgres(url, { max: 1 });
  const name = `upgrade_${randomBytes(6).toString('hex')}`;
  const run = (statement: string) => administrator.db.execute(sql.raw(statement));
  try {
    await run(`create database ${name} ${owner ? `owner ${owner}` : ''}`);
    const own = new URL(url);
    own.pathname = `/${name}`;
    await body(own.href, administrator.db);
  } finally {
    await run(`drop database if exists ${name} with (force)`);
    await administrator.close();
  }
}

describeWithConnections('an upgrade', () => {
  test('by an owner gives the serving role what it needs of the old and the new tables', async () => {
    const [owner, serving] = [`owner_${randomBytes(4).toString('hex')}`, `serving_${randomBytes(4).toString('hex')}`];
    const administrator = openPostgres(inject('postgresServer').url, { max: 1 });
    const each = async (statement: (role: string) => string) => {
      for (const role of [owner, serving]) await administrator.db.execute(sql.raw(statement(role)));
    };
    await each((role) => `create role ${role} login password 'pw-${role}'`);
    try {
      await onServer(async (url) => {
        const urlOf = (role: string) => Object.assign(new URL(url), { username: role, password: `pw-${role}` }).href;
        const asOwner = openPostgres(urlOf(owner), { max: 1 });
        await asItWas(asOwner.db).finally(() => asOwner.close());
        const settings = { databaseUrl: urlOf(serving), migrateDatabaseUrl: urlOf(owner), databasePooler: 'none' };
        expect(await migrate(settings as Parameters<typeof migrate>[0])).toEqual({
          migrated: true,
          granted_to: serving,
        });
        const database = openPostgres(urlOf(serving));
        await expectWhole(database).finally(() => database.close());
      }, owner);
    } finally {
      await each((role) => `drop role ${role}`);
      await administrator.close();
    }
  });
});
