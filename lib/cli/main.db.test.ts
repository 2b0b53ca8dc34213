import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { sealLedger } from '#lib/audit/seal-ledger';
import { askProcess } from '#lib/cli/ask-process';
import { startControlSocket } from '#lib/cli/control-socket';
import { controlSocketPath } from '#lib/cli/control-socket-path';
import { parseConfig } from '#lib/config/config';
import { type Runtime, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { vendToken } from '#lib/tokens/vend-token';
import { describeWithConnections, engine, sharedDatabase } from '#tests/database';
import { layEmbedded } from '#tests/embedded-template';
import { addApiKey, addConnection, addPerson, asNobody, createRuntime, entries, plainRecord } from '#tests/hub';

// Each run of the command line is a process of its own, which may have to make a database first.
vi.setConfig({ testTimeout: 90_000 });

const database = sharedDatabase();
let dataDir: string;
let runtime: Runtime;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'grantkeep-cli-'));
  const made = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  runtime = { ...made, config: { ...made.config, dataDir } };
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Runs the command line as its user would. */
function grantkeep(
  args: string[],
  env: Record<string, string> = {},
  input = '',
): Promise<{ status: number; out: string; err: string }> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const variables = { NODE_ENV: 'test' as const, PATH, NODE_COMPILE_CACHE, DATA_DIR: dataDir, ...env };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['lib/cli/main.ts', ...args], { env: variables }, (error, out, err) => {
      resolve({ status: error ? Number(error.code) : 0, out, err });
    });
    child.stdin?.end(input);
  });
}

const secrets = {
  APP_URL: 'http://localhost:3000',
  SESSION_PASSWORD: randomBytes(32).toString('base64'),
  VAULT_KEYS: `k:${randomBytes(32).toString('base64')}`,
};

test('faulty arguments end with status 2 and the usage on standard error', async () => {
  const { status, out, err } = await grantkeep(['api-key', 'create', '--name', 'X']);
  expect([status, out]).toEqual([2, '']);
  expect(err).toContain('--scope is required');
  expect(err).toContain('Usage: grantkeep');
});

if (engine === 'pglite') {
  describe('with the embedded database', () => {
    test('asks the running process, without needing its secrets', async () => {
      const control = await startControlSocket(runtime);
      try {
        expect(statSync(controlSocketPath(dataDir)).mode & 0o777).toBe(0o600);
        const made = await grantkeep(['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend']);
        expect([made.status, made.err]).toEqual([0, '']);
        const line = JSON.parse(made.out);
        expect(made.out).toBe(`${JSON.stringify(line)}\n`);
        expect(line).toEqual({
          id: expect.stringMatching(/^key_/),
          name: 'X',
          key: expect.stringMatching(/^gk_/),
          scopes: ['tokens:vend'],
          application: null,
          expires_at: null,
        });
        expect(await authenticateApiKey(asNobody(runtime), line.key)).toMatchObject({ keyId: line.id });
        expect(await entries(runtime)).toContainEqual(
          expect.objectContaining({ action: 'api_key.created', actorId: 'cli', apiKeyId: line.id }),
        );
        const listed = await grantkeep(['api-key', 'list']);
        expect(listed.out).toContain(line.id);
        expect(listed.out).not.toContain(line.key);
        expect((await grantkeep(['api-key', 'revoke', '--id', line.id])).status).toBe(0);
        await expect(authenticateApiKey(asNobody(runtime), line.key)).rejects.toMatchObject({
          code: 'invalid_api_key',
        });
        const refused = await grantkeep([
          'api-key',
          'create',
          '--name',
          'X',
          '--scope',
          'tokens:vend',
          '--provider',
          'no',
        ]);
        expect([refused.status, refused.out, refused.err.trim().split('\n').length]).toEqual([1, '', 1]);
      } finally {
        await control?.close();
      }
    });

    test('an import that ends early has told the faults that it found before', async () => {
      const control = await startControlSocket(runtime);
      try {
        const rows = 'user_id,access_token\nper_1,at,too many\nper_1,at\n';
        const { status, out, err } = await grantkeep(['import', '--from', 'csv', '--provider', 'unknown'], {}, rows);
        expect(status).toBe(1);
        expect(out.split('\n').map((line) => line && JSON.parse(line))).toEqual([
          { line: 2, result: 'fault', fault: expect.stringContaining('no row of CSV') },
          '',
        ]);
        expect(err).toContain('no such provider');
      } finally {
        await control?.close();
      }
    });

    test('provider check tells what it found, and ends with status 1 where something fails', async () => {
      const control = await startControlSocket(runtime);
      try {
        const text = await grantkeep(['provider', 'check', 'acme']);
        expect([text.status, text.err]).toEqual([1, '']);
        expect(text.out).toMatch(/FAILS {4}Connection\n {9}http:\/\/127\.0\.0\.1:9\n {9}Nothing listens/);
        expect(text.out).toMatch(/\d+ pass, \d+ fail, \d+ cannot be known\.\n$/);
        const lines = await grantkeep(['provider', 'check', 'acme', '--json']);
        expect(lines.status).toBe(1);
        expect(
          lines.out
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        ).toContainEqual({
          check: 'connection',
          result: 'fails',
          looked_at: 'http://127.0.0.1:9',
          found: 'Nothing listens at this host and port.',
          mend: expect.any(String),
          record_line: null,
        });
        const unknown = await grantkeep(['provider', 'check', 'nobody']);
        expect([unknown.status, unknown.out]).toEqual([1, '']);
        expect(await grantkeep(['provider', 'check'])).toMatchObject({ status: 2 });
      } finally {
        await control?.close();
      }
    });

    test('a socket left by a process that is gone is replaced', async () => {
      writeFileSync(controlSocketPath(dataDir), '');
      const control = await startControlSocket(runtime);
      expect(await askProcess(dataDir, { command: 'api-key list' })).toMatchObject({ ok: true });
      await control?.close();
    });

    test('opens the data itself when no process is running', async () => {
      await layEmbedded(dataDir);
      const made = await grantkeep(['api-key', 'create', '--name', 'Y', '--scope', 'connections:read'], secrets);
      expect([made.status, made.err]).toEqual([0, '']);
      const listed = await grantkeep(['api-key', 'list'], secrets);
      expect(JSON.parse(listed.out)).toMatchObject({ id: JSON.parse(made.out).id, status: 'active' });
      const unset = await grantkeep(['api-key', 'list']);
      expect([unset.status, unset.out]).toEqual([1, '']);
      expect(unset.err).toContain('VAULT_KEYS');
    });
  });
}

describeWithConnections('the command line on PostgreSQL', () => {
  test('there is no socket', async () => {
    expect(await startControlSocket(runtime)).toBeUndefined();
  });

  test('works on the server that DATABASE_URL names', async () => {
    const env = { ...secrets, DATABASE_URL: database.current.url ?? '' };
    const made = await grantkeep(['api-key', 'create', '--name', 'Z', '--scope', 'tokens:vend'], env);
    expect([made.status, made.err]).toEqual([0, '']);
    expect(await authenticateApiKey(asNobody(runtime), JSON.parse(made.out).key)).toMatchObject({
      scopes: ['tokens:vend'],
    });
  });

  test('the freeze works with DATABASE_URL alone, whatever else is wrong', async () => {
    const env = { DATABASE_URL: database.current.url ?? '', APP_URL: 'nonsense' };
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    const { ctx } = await addApiKey(runtime);
    const frozen = await grantkeep(['freeze', '--all', '--reason', 'tokens leaked'], env);
    expect([frozen.status, frozen.err]).toEqual([0, '']);
    const line = JSON.parse(frozen.out);
    expect(line).toMatchObject({ scope: 'everything', target: null, reason: 'tokens leaked', created_by: 'cli' });
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'frozen' });
    const mistaken = await grantkeep(['freeze', '--provider', 'acmee', '--reason', 'x'], env);
    expect([mistaken.status, mistaken.out]).toEqual([1, '']);
    expect((await grantkeep(['freezes'], env)).out).toBe(frozen.out);
    const thawed = await grantkeep(['thaw', '--all', '--reason', 'over'], env);
    expect(JSON.parse(thawed.out)).toMatchObject({ id: line.id, lifted_by: 'cli', lift_reason: 'over' });
    expect((await vendToken(ctx, { id })).accessToken).toBe(`at_${id}`);
    expect(await grantkeep(['thaw', '--all', '--reason', 'again'], env)).toEqual({ status: 0, out: '', err: '' });
    const other = await grantkeep(['api-key', 'list'], env);
    expect([other.status, other.out]).toEqual([1, '']);
  });

  test('the ledger is verified, also against a checkpoint, and a broken one ends with status 1', async () => {
    const env = { ...secrets, DATABASE_URL: database.current.url ?? '' };
    await grantkeep(['api-key', 'create', '--name', 'L', '--scope', 'tokens:vend'], env);
    const config = parseConfig({ ...env, NODE_ENV: 'test' });
    await sealLedger({ ...systemContext(runtime, 'test'), config });
    const note = await grantkeep(['ledger', 'checkpoint'], env);
    expect([note.status, note.err, note.out.split('\n').slice(0, 2)]).toEqual([0, '', ['localhost:3000/ledger', '1']]);
    const kept = join(dataDir, 'checkpoint');
    writeFileSync(kept, note.out);
    const whole = await grantkeep(['ledger', 'verify', '--checkpoint', kept], env);
    expect([whole.status, JSON.parse(whole.out)]).toEqual([0, expect.objectContaining({ ok: true, seals: 1 })]);
    await database.db.execute(sql`update ledger set actor_id = 'somebody' where action = 'api_key.created'`);
    const broken = await grantkeep(['ledger', 'verify'], env);
    expect([broken.status, JSON.parse(broken.out).first_fault]).toEqual([
      1,
      expect.objectContaining({ kind: 'row_changed', seal: 1 }),
    ]);
    const [key] = (await grantkeep(['ledger', 'keys'], env)).out.split('\n');
    expect(JSON.parse(key ?? '')).toMatchObject({ key_id: 'vault-k', signs: true });
    expect((await grantkeep(['ledger', 'prune'], env)).out).toBe('{"dropped":[]}\n');
  });

  test('migrate as the owner gives the serving role rows, the ledger to append to, and nothing else', async () => {
    const owner = `owner_${randomBytes(4).toString('hex')}`;
    const serving = `serving_${randomBytes(4).toString('hex')}`;
    const { db } = database.current;
    const urlFor = (role: string, password: string) => {
      const url = new URL(database.current.url ?? '');
      url.username = role;
      url.password = password;
      url.pathname = `/${owner}`;
      return url.href;
    };
    for (const role of [owner, serving]) await db.execute(sql.raw(`create role ${role} login password 'pw-${role}'`));
    await db.execute(sql.raw(`create database ${owner} owner ${owner}`));
    const env = {
      MIGRATE_DATABASE_URL: urlFor(owner, `pw-${owner}`),
      DATABASE_URL: urlFor(serving, `pw-${serving}`),
    };
    const app = openPostgres(env.DATABASE_URL, { max: 1 });
    try {
      expect(await grantkeep(['migrate'], env)).toEqual({
        status: 0,
        out: `{"migrated":true,"granted_to":"${serving}"}\n`,
        err: '',
      });
      // A second run, with nothing to migrate, leaves the rights as they are.
      expect((await grantkeep(['migrate'], env)).status).toBe(0);
      const made = await grantkeep(['api-key', 'create', '--name', 'Z', '--scope', 'tokens:vend'], {
        ...secrets,
        ...env,
      });
      expect([made.status, made.err]).toEqual([0, '']);
      expect(rowsOf(await app.db.execute(sql`select action from ledger`))).toMatchObject([
        { action: 'api_key.created' },
      ]);
      for (const statement of [
        'update ledger set action = action',
        'delete from ledger',
        'truncate ledger',
        'delete from ledger_default',
        'update ledger_seals set n = n',
        'delete from ledger_seals',
        'truncate ledger_seals',
        'update ledger_locators set n = n',
        'delete from ledger_locators',
        'alter table ledger alter column xid set default 0',
        'create or replace function ledger_position("transaction" xid8) returns bigint language sql return 0',
        'insert into ledger_default select * from ledger',
        'drop table ledger',
        'alter table connections add column extra text',
        'create table mine (n int)',
        'create schema mine',
        'truncate connections',
        'delete from drizzle.__drizzle_migrations',
      ]) {
        await expect(app.db.execute(sql.raw(statement)), statement).rejects.toMatchObject({
          cause: { code: expect.stringMatching(/^42501$/) },
        });
      }
    } finally {
      await app.close();
      await db.execute(sql.raw(`drop database if exists ${owner} with (force)`));
      for (const role of [owner, serving]) await db.execute(sql.raw(`drop role ${role}`));
    }
  });
});
