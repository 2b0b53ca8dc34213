import { Readable } from 'node:stream';
import { eq, inArray, sql } from 'drizzle-orm';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandSchema } from '#lib/cli/commands';
import { type ImportOptions, importAll, runTransferCommand, type TransferCommand } from '#lib/cli/transfer-commands';
import { openTokens } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { parseInput } from '#lib/parse-input';
import { exportConnections } from '#lib/transfer/export-connections';
import { type ImportInput, importConnections } from '#lib/transfer/import-connections';
import type { SourceLine } from '#lib/transfer/import-row';
import { readLines } from '#lib/transfer/read-lines';
import { readPgcrypto } from '#lib/transfer/read-pgcrypto';
import { describeWithConnections, engine, sharedDatabase } from '#tests/database';
import {
  addApplication,
  addConnection,
  addFreshAdministrator,
  addPerson,
  addPersonOf,
  createRuntime,
  entries,
  plainRecord,
  settle,
} from '#tests/hub';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

const database = sharedDatabase();
let server: TokenServer;
beforeAll(async () => {
  server = await startTokenServer();
});
afterAll(() => server.close());

const hub = () => {
  const runtime = createRuntime(database.current, [plainRecord(server.issuer)]);
  return { runtime, ctx: systemContext(runtime, 'cli') };
};
const settings = { provider: 'acme', people: null, apply: true, refresh: false } satisfies Partial<ImportInput>;
const ownRows = (personId: string) =>
  database.db.select().from(connections).where(eq(connections.personId, personId)).orderBy(connections.subject);

async function all(lines: AsyncIterable<SourceLine>): Promise<SourceLine[]> {
  const found: SourceLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

// Rows are imported one after the other; the embedded database takes 30 ms over each.
const many = engine === 'pglite' ? 300 : 1000;

describe('import', () => {
  test(`a dry run stores nothing; of ${many} rows all but ten broken come in, each fault with its line; again it adds none`, async () => {
    const { runtime, ctx } = hub();
    const { id: personId } = await addPerson(runtime);
    const broken: Record<number, object | string> = {
      [(many * 1) / 10]: '{"user_id": "secret-at-100',
      [(many * 2) / 10]: { access_token: undefined },
      [(many * 3) / 10]: { user_id: 'per_unknown' },
      [(many * 4) / 10]: { access_token: 'secret\u0007token' },
      [(many * 5) / 10]: { expires_at: 'tomorrow' },
      [(many * 6) / 10]: { expires_at: '2026-11-29 10:00:00' },
      [(many * 7) / 10]: { access_token: 7 },
      [(many * 8) / 10]: { scopes: 7 },
      [(many * 9) / 10]: { subject: 'x'.repeat(300) },
      [many]: '["secret"]',
    };
    const source = Array.from({ length: many }, (_, n) => {
      const change = broken[n + 1];
      const row = {
        user_id: personId,
        access_token: `secret-at-${n}`,
        refresh_token: `secret-rt-${n}`,
        expires_at: '2100-01-01T00:00:00+00',
        subject: `account-${String(n).padStart(4, '0')}`,
        scopes: 'read write',
      };
      return typeof change === 'string' ? change : JSON.stringify({ ...row, ...change });
    }).join('\n');
    const run = async (apply: boolean) => {
      const told: Record<string, unknown>[] = [];
      const lines = await all(readLines('jsonl', Readable.from(source)));
      const rows = lines.flatMap((one) => ('row' in one ? [one] : []));
      for (const one of lines) if ('fault' in one) told.push({ ...one, result: 'fault' });
      told.push(...(await importConnections(ctx, { ...settings, apply, rows })).map((line) => ({ ...line })));
      const by = (result: string) => told.filter((line) => line.result === result);
      return { by, told };
    };
    const dry = await run(false);
    expect([dry.by('would_import').length, dry.by('fault').length]).toEqual([many - 10, 10]);
    expect(await ownRows(personId)).toEqual([]);
    const first = await run(true);
    expect(first.by('imported')).toHaveLength(many - 10);
    expect(first.by('fault').map(({ line }) => line)).toEqual(expect.arrayContaining(Object.keys(broken).map(Number)));
    const again = await run(true);
    expect([again.by('already_here').length, again.by('imported').length]).toEqual([many - 10, 0]);
    const rows = await ownRows(personId);
    expect(rows).toHaveLength(many - 10);
    const [row] = rows;
    if (!row) throw new Error('no row');
    expect(openTokens(runtime, row)).toEqual({ accessToken: 'secret-at-0', refreshToken: 'secret-rt-0' });
    expect(row).toMatchObject({ status: 'connected', scopesGranted: ['read', 'write'] });
    // No token is told, logged or written into the ledger.
    for (const text of [dry.told, first.told, again.told, runtime.logged, await entries(runtime)])
      expect(JSON.stringify(text)).not.toContain('secret');
  });

  test('people of an application come in by its own ids, each as another person than anybody with the same ids elsewhere', async () => {
    const { ctx, runtime } = hub();
    const [app, other, disabled] = [
      await addApplication(runtime, { scopes: { acme: ['read'] } }),
      await addApplication(runtime),
      await addApplication(runtime),
    ];
    const narrow = await addApplication(runtime);
    const change = (id: string, to: Partial<typeof applications.$inferInsert>) =>
      database.db.update(applications).set(to).where(eq(applications.id, id));
    await change(disabled, { disabledAt: new Date() });
    await change(narrow, { providers: ['elsewhere'] });
    const known = await addPersonOf(runtime, app, { user: '42', tenant: 'acme', label: 'Ada' });
    await addPerson(runtime, { subject: 'acme/42' });
    const token = { access_token: 'at', refresh_token: 'rt', subject: 's' };
    const csv = [
      'application,tenant,user,user_label,user_id,access_token,refresh_token,subject',
      ...[`${app},acme,42,Renamed`, `${app},,42,Grace`, `${other},acme,42,`].map((who) => `${who},,at,rt,s`),
    ].join('\n');
    const rows = (await all(readLines('csv', Readable.from(csv)))).flatMap((one) => ('row' in one ? [one] : []));
    const faulty = [
      { application: disabled, user: '1' },
      { application: narrow, user: '1' },
      { application: 'app_none', user: '1' },
      { application: app },
      { application: app, user: '1', user_id: known },
      { user: '1' },
      { user_id: known, tenant: 'acme' },
      { application: app, user: 'two\nlines' },
    ].map((who, n) => ({ line: 10 + n, row: { ...who, ...token } }));
    expect((await importConnections(ctx, { ...settings, apply: false, rows })).map(({ result }) => result)).toEqual([
      'would_import',
      'would_import',
      'would_import',
    ]);
    const told = await importConnections(ctx, { ...settings, rows: [...rows, ...faulty] });
    expect(told.map(({ result }) => result)).toEqual([...rows.map(() => 'imported'), ...faulty.map(() => 'fault')]);
    expect(await ownRows(known)).toMatchObject([{ scopesRequested: ['read'], subject: 's' }]);
    const made = await database.db
      .select()
      .from(people)
      .where(inArray(people.applicationId, [app, other]));
    const idsOf = (one: (typeof made)[number]) => [
      ...[one.applicationId, one.applicationTenant, one.applicationUser, one.name],
    ];
    expect(made.map(idsOf).sort()).toEqual(
      [
        [app, 'acme', '42', 'Ada'],
        [app, null, '42', 'Grace'],
        [other, 'acme', '42', null],
      ].sort(),
    );
    const again = await importConnections(ctx, { ...settings, rows });
    expect(again.map(({ result }) => result)).toEqual(rows.map(() => 'already_here'));
    // Their ids here pass nothing by that their application may not.
    const barred = await addPersonOf(runtime, narrow, { user: '1' });
    const byId = [barred, known].map((user_id, n) => ({ line: n + 1, row: { user_id, ...token, subject: 'by-id' } }));
    expect(await importConnections(ctx, { ...settings, rows: byId })).toMatchObject([
      { fault: 'application: it may not use this provider' },
      { result: 'imported' },
    ]);
    expect((await ownRows(known)).map(({ scopesRequested }) => scopesRequested)).toEqual([['read'], ['read']]);
    const signIns = await importConnections(ctx, { ...settings, people: 'acme', rows });
    expect(signIns.map(({ result }) => result)).toEqual(rows.map(() => 'fault'));
  });

  /** What stands in one row of a file; its fault, or what the hub makes of it. */
  const odd: [what: string, change: string, fault: string | Partial<typeof connections.$inferSelect>][] = [
    ['a zero byte in a label', '"label":"a\\u0000b"', 'has a zero byte'],
    ['a zero byte in a column that there is not', '"x":"\\u0000"', 'has a zero byte'],
    ['a thousand lists in a list', `"x":${'['.repeat(1000)}${']'.repeat(1000)}`, 'has a value within a value'],
    ['a hundred thousand', `"label":${'['.repeat(1e5)}${']'.repeat(1e5)}`, 'has a value within a value'],
    ['an object', '"subject":{"toString":"x"}', 'has a value within a value'],
    ['a subject over two lines', '"subject":"a\\nb"', 'subject: is no id of one account'],
    ['half of a pair for a subject', '"subject":"\\ud800"', 'has half of a character'],
    ['the text of no value for a subject', '"subject":"NULL"', 'subject: is no id of one account'],
    ['a subject that JavaScript rounds', '"subject":110248495921238986420', 'subject: Invalid input'],
    ['a person that JavaScript rounds', '"user_id":110248495921238986420', 'user_id: Invalid input'],
    ['a scope over two lines', '"scopes":["a\\nb"]', 'scopes'],
    ['an empty scope', '"scopes":["", "read"]', { scopesGranted: ['read'] }],
    ['a label that turns text', '"label":"moc\\u202e.elpmaxe\\r\\n"', { label: 'moc.elpmaxe' }],
    ['a label that shows nothing', '"label":"\\u3164"', { label: null }],
  ];
  test.each(odd)('a row with %s stops no other row', async (_what, change, expected) => {
    const { runtime, ctx } = hub();
    const { id: personId } = await addPerson(runtime);
    const row = (n: number, more = '') =>
      `{"user_id":"${personId}","access_token":"secret-${n}","subject":"account-${n}"${more && `,${more}`}}`;
    const told: Record<string, unknown>[] = [];
    const lines = readLines('jsonl', Readable.from([row(1), row(2, change), row(3)].join('\n')));
    const run = (command: TransferCommand) =>
      runTransferCommand(ctx, parseInput(commandSchema, JSON.parse(JSON.stringify(command))) as TransferCommand);
    await importAll(
      { ...settings, from: 'jsonl' },
      { url: undefined, key: undefined },
      run,
      (one) => told.push(one),
      lines,
    );
    const isFault = typeof expected === 'string';
    expect(told.at(-1)).toMatchObject({ imported: isFault ? 2 : 3, faults: isFault ? 1 : 0 });
    if (isFault) expect(told[0]).toEqual({ line: 2, result: 'fault', fault: expect.stringContaining(expected) });
    else expect((await ownRows(personId))[1]).toMatchObject(expected);
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  test('each refresh token is tried once, also where it is dead', async () => {
    const { runtime, ctx } = hub();
    const { id: personId } = await addPerson(runtime);
    const alive = server.grant();
    const rows = [alive, 'dead'].map((refresh_token, n) => ({
      line: n + 1,
      row: { user_id: personId, access_token: `at-${n}`, refresh_token, subject: `one-${n}` },
    }));
    const before = server.requests;
    const given = { ...settings, refresh: true, rows };
    const results = await importConnections(ctx, given);
    expect(results).toMatchObject([
      { line: 1, result: 'imported' },
      { line: 2, result: 'imported', refresh_failed: expect.any(String) },
    ]);
    expect((await importConnections(ctx, given)).map(({ result }) => result)).toEqual(['already_here', 'already_here']);
    expect(server.requests - before).toBe(2);
    const [refreshed] = await ownRows(personId);
    if (!refreshed) throw new Error('no row');
    expect(server.isLive(openTokens(runtime, refreshed).accessToken ?? '')).toBe(true);
    await settle(runtime);
  });

  test('without a subject the provider is asked, and a dry run asks nobody', async () => {
    const { runtime, ctx } = hub();
    const { id: personId } = await addPerson(runtime);
    const rows = [{ line: 1, row: { user_id: personId, access_token: 'unknown-to-acme', expires_at: '' } }];
    const looked = server.lookups;
    expect(await importConnections(ctx, { ...settings, apply: false, rows })).toMatchObject([
      { result: 'would_import' },
    ]);
    expect(server.lookups).toBe(looked);
    server.behaviour.userinfoStatus = 200;
    expect(await importConnections(ctx, { ...settings, rows })).toMatchObject([{ result: 'imported' }]);
    server.behaviour.userinfoStatus = null;
    expect((await ownRows(personId)).map(({ subject }) => subject)).toEqual(['ada']);
  });

  test('only an administrator imports and exports', async () => {
    const { runtime } = hub();
    for (const role of ['user', 'auditor'] as const) {
      const ctx = (await addPerson(runtime, { role })).ctx();
      await expect(importConnections(ctx, { ...settings, rows: [] })).rejects.toMatchObject({ code: 'forbidden' });
      await expect(exportConnections(ctx, { publicKey: { kty: 'RSA' } })).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});

const shut = 'the key does not open it, or it opens to no text';

describeWithConnections('import from pgcrypto', () => {
  test('reads the playbook’s own table, and names the rows that the key does not open', async () => {
    const { url } = database.current;
    if (url === undefined) throw new Error('no server');
    await database.db.execute(sql`create extension if not exists pgcrypto`);
    await database.db.execute(
      sql`create table oauth_tokens (user_id text, access_token bytea, refresh_token bytea, expires_at timestamptz)`,
    );
    const { runtime, ctx } = hub();
    const { id: personId } = await addPerson(runtime);
    await database.db.execute(sql`insert into oauth_tokens values
      (${personId}, pgp_sym_encrypt('at-pg', 'right'), pgp_sym_encrypt('rt-pg', 'right'), now() + interval '1 hour'),
      ('per_z', pgp_sym_encrypt('secret', 'wrong'), null, null)`);
    const told: Record<string, unknown>[] = [];
    const options: ImportOptions = { ...settings, from: 'pgcrypto' };
    server.behaviour.userinfoStatus = 200;
    const complete = await importAll(
      options,
      { url, key: 'right' },
      (command) => runTransferCommand(ctx, command),
      (line) => told.push(line),
    );
    server.behaviour.userinfoStatus = null;
    expect(complete).toBe(false);
    expect(told).toEqual([
      { line: 2, result: 'fault', fault: shut },
      expect.objectContaining({ rows: 2, imported: 1, faults: 1 }),
    ]);
    const [row] = await ownRows(personId);
    if (!row) throw new Error('no row');
    expect(openTokens(runtime, row)).toEqual({ accessToken: 'at-pg', refreshToken: 'rt-pg' });
    expect(await all(readPgcrypto({ url, key: 'none' }))).toEqual([
      { line: 1, fault: shut },
      { line: 2, fault: shut },
    ]);
  });

  /** The lines of a table with such columns and rows. */
  async function linesOf(columns: string, rows: string, after = ''): Promise<unknown[]> {
    const { url } = database.current;
    if (url === undefined) throw new Error('no server');
    await database.db.execute(sql.raw('drop table if exists oauth_tokens'));
    await database.db.execute(sql`create extension if not exists pgcrypto`);
    await database.db.execute(sql.raw(`create table oauth_tokens (${columns})`));
    if (after) await database.db.execute(sql.raw(after));
    await database.db.execute(sql.raw(`insert into oauth_tokens values ${rows}`));
    try {
      return (await all(readPgcrypto({ url, key: 'right' }))).map((one) => ('row' in one ? one.row : one.fault));
    } finally {
      await database.db.execute(sql.raw('drop table oauth_tokens'));
    }
  }
  const own = 'user_id text, access_token bytea, refresh_token bytea, expires_at timestamptz';
  const sealed = (text: string, options = '') => `pgp_sym_encrypt('${text}', 'right', '${options}')`;
  const row = { user_id: '1', access_token: 'at', refresh_token: 'rt', expires_at: null };

  test.each([
    [
      'another cipher, no compression',
      own,
      `('1', ${sealed('at', 'cipher-algo=bf')}, ${sealed('rt', 'cipher-algo=aes256, compress-algo=0, s2k-mode=1')}, null)`,
      [row],
    ],
    [
      'nulls',
      own,
      `('1', null, null, null), ('2', ${sealed('at')}, null, null)`,
      [
        { ...row, access_token: null, refresh_token: null },
        { ...row, user_id: '2', refresh_token: null },
      ],
    ],
    [
      'armor',
      own.replaceAll('bytea', 'text'),
      `('1', armor(${sealed('at')}), armor(${sealed('rt')}), null), ('2', 'in clear', null, null)`,
      [row, shut],
    ],
    [
      'bytes that are no text, and bytes that are no message',
      own,
      `('1', pgp_sym_encrypt_bytea('\\xff', 'right'), null, null), ('2', 'x', null, null)`,
      [shut, shut],
    ],
    [
      'ids that are numbers, and moments without an offset',
      'user_id int, access_token bytea, refresh_token bytea, expires_at timestamp',
      `(1, ${sealed('at')}, ${sealed('rt')}, 'infinity')`,
      [{ ...row, user_id: 1 }],
    ],
  ])('a table with %s', async (_, columns, rows, expected) => {
    expect(await linesOf(columns, rows)).toEqual(expected);
  });

  test('two partitions, whose rows have the same places', async () => {
    const partitions = `alter table oauth_tokens rename to first; create table oauth_tokens (like first) partition by list (user_id);
      create table one partition of oauth_tokens for values in ('1'); create table two partition of oauth_tokens for values in ('2')`;
    const seen = await linesOf(
      own,
      `('1', ${sealed('at')}, null, null), ('2', ${sealed('at-two')}, null, null)`,
      partitions,
    );
    await database.db.execute(sql`drop table first`);
    expect(seen).toMatchObject([{ access_token: 'at' }, { access_token: 'at-two' }]);
  });

  test.each([
    [
      'no refresh_token',
      'user_id text, access_token bytea, expires_at timestamptz',
      `('1', ${sealed('at')}, null)`,
      'column "refresh_token" does not exist',
    ],
    [
      'tokens of another type',
      'user_id text, access_token int, refresh_token bytea, expires_at timestamptz',
      `('1', 7, null, null)`,
      shut,
    ],
  ])('a table with %s says so, and shows no key', async (_, columns, rows, expected) => {
    const told = await linesOf(columns, rows).catch((error: unknown) => error);
    expect(told instanceof Error ? told.message : told).toEqual(
      told instanceof Error ? `The table oauth_tokens cannot be read: ${expected}` : [expected],
    );
    expect(told instanceof Error ? `${told.stack}${JSON.stringify(told)}` : '').not.toContain('right');
  });

  test.each([
    ['no table', '', 'relation "oauth_tokens" does not exist'],
    ['no server', 'postgresql://127.0.0.1:1/none', 'ECONNREFUSED'],
    ['no address', 'elsewhere', 'IMPORT_DATABASE_URL is no address'],
  ])('%s is told', async (_, elsewhere, because) => {
    const url = elsewhere || database.current.url || '';
    await expect(all(readPgcrypto({ url, key: 'secret' }))).rejects.toThrow(because);
  });
});

describe('export', () => {
  const mine = (lines: Record<string, unknown>[], id: string) => lines.filter(({ connection }) => connection === id);
  /** Every page. */
  async function exported(ctx: ReturnType<typeof hub>['ctx'], publicKey?: Record<string, unknown>) {
    const lines: Record<string, unknown>[] = [];
    for (let after: string | undefined; ; ) {
      const page = await exportConnections(ctx, { ...(after && { after }), ...(publicKey && { publicKey }) });
      lines.push(...page);
      if (page.length === 0) return lines;
      after = String(page.at(-1)?.connection);
    }
  }

  test('a long file outlasts the minutes of its sign-in, and not its session', async () => {
    const { runtime } = hub();
    const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    const ctx = await addFreshAdministrator(runtime);
    const session = ctx.actor.type === 'person' ? ctx.actor.sessionId : '';
    const change = (set: Partial<typeof sessions.$inferInsert>) =>
      database.db.update(sessions).set(set).where(eq(sessions.publicId, session));
    await exportConnections(ctx, {});
    await change({ authenticatedAt: new Date(Date.now() - 3_600_000) });
    await exportConnections(ctx, { after: id });
    // Another request begins anew.
    await expect(exportConnections({ ...ctx }, { after: id })).rejects.toMatchObject({ code: 'step_up_required' });
    await change({ endedAt: new Date() });
    await expect(exportConnections(ctx, { after: id })).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('has no token without a key', async () => {
    const { runtime, ctx } = hub();
    const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id, refreshToken: 'rt-secret' });
    const lines = mine(await exported(ctx), id);
    expect(lines).toMatchObject([{ connection: id, provider: 'acme', subject: id }]);
    expect(JSON.stringify(lines)).not.toMatch(/at_|rt-secret|ey[A-Za-z0-9]{20}/);
  });

  test.each(['RSA-OAEP-256', 'ECDH-ES+A256KW'])(
    'is encrypted to a public key (%s), after a fresh sign-in, into the ledger',
    async (alg) => {
      const { runtime } = hub();
      const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id, refreshToken: 'rt-secret' });
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const jwk = { ...(await exportJWK(publicKey)) };
      const stale = (await addPerson(runtime, { role: 'administrator' })).ctx();
      await expect(exportConnections(stale, { publicKey: jwk })).rejects.toMatchObject({ code: 'step_up_required' });
      const ctx = await addFreshAdministrator(runtime);
      const lines = mine(await exported(ctx, jwk), id);
      // Three characters stand in an encrypted text by chance now and then.
      expect(JSON.stringify(lines)).not.toMatch(/at_con_|rt-secret/);
      const { plaintext } = await compactDecrypt(String(lines[0]?.jwe), privateKey);
      expect(JSON.parse(Buffer.from(plaintext).toString())).toMatchObject({
        access_token: `at_${id}`,
        refresh_token: 'rt-secret',
      });
      const told = (await entries(runtime)).findLast(({ action }) => action === 'connection.exported');
      expect(told?.details).toMatchObject({ tokens: true, to: expect.any(String), step_up: 'session_only' });
      const secret = { ...(await exportJWK(privateKey)) };
      await expect(exportConnections(ctx, { publicKey: secret })).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  test.each([
    ['RSA-OAEP-512', 'RSA-OAEP-512'],
    ['ECDH-ES', 'ECDH-ES'],
  ])('takes the algorithm that the key asks for (%s)', async (_, alg) => {
    const { runtime } = hub();
    const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const ctx = await addFreshAdministrator(runtime);
    const lines = mine(await exported(ctx, { ...(await exportJWK(publicKey)), alg, use: 'enc' }), id);
    const { protectedHeader } = await compactDecrypt(String(lines[0]?.jwe), privateKey);
    expect(protectedHeader).toMatchObject({ alg, enc: 'A256GCM' });
  });

  test.each([
    ['for signatures by its use', { use: 'sig' }],
    ['for signatures by its operations', { key_ops: ['verify'] }],
    ['for an algorithm of signatures', { alg: 'RS256' }],
    ['for an algorithm that leaks (RFC 8017 §7.2)', { alg: 'RSA1_5' }],
    ['of an unknown type', { kty: 'constructor', alg: 'x' }],
  ])('a public key %s is refused', async (_, more) => {
    const { runtime } = hub();
    const { publicKey } = await generateKeyPair('RSA-OAEP-256', { extractable: true });
    const ctx = await addFreshAdministrator(runtime);
    const told = async () => (await entries(runtime)).filter(({ action }) => action === 'connection.exported').length;
    const before = await told();
    const jwk = { ...(await exportJWK(publicKey)), ...more };
    await expect(exportConnections(ctx, { publicKey: jwk })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await told()).toBe(before);
  });

  test.each([
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    ['a key for signing', { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }],
    ['no key at all', {}],
  ])('%s is refused before anything is opened', async (_, publicKey) => {
    const { ctx } = hub();
    await expect(exportConnections(ctx, { publicKey })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
