import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { beginCheck, beginDailyCheck, isCheckRunning, stopCheck } from '#lib/audit/begin-check';
import { checkLedger } from '#lib/audit/check-ledger';
import { countLedger } from '#lib/audit/count-ledger';
import { exportLedger } from '#lib/audit/export-ledger';
import { listActivity } from '#lib/audit/list-activity';
import { listLedger } from '#lib/audit/list-ledger';
import { readSealStatus } from '#lib/audit/list-seals';
import { nameFilter } from '#lib/audit/name-filter';
import { sealLedger } from '#lib/audit/seal-ledger';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { ledger } from '#lib/db/schema/ledger';
import { leafHash } from '#lib/ledger/merkle';
import { type LedgerEntry, record } from '#lib/ledger/record';
import { encodeRow } from '#lib/ledger/row-encoding';
import { beginSession } from '#lib/sign-in/sessions';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, as, asNobody, createRuntime, plainRecord, settle } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let ada: Awaited<ReturnType<typeof addPerson>>;
let bob: Awaited<ReturnType<typeof addPerson>>;
let admin: Context;
let auditor: Context;
let key: Awaited<ReturnType<typeof addApiKey>>;
let connection: string;

/** Entries at given seconds of a minute in 2031, away from the entries that helpers make. */
async function write(ctx: Context, second: number, entry: LedgerEntry, ip = '203.0.113.7') {
  await record(database.db, { ...ctx, ip }, entry);
  const at = `2031-03-01T12:00:${String(second).padStart(2, '0')}Z`;
  await database.db.execute(sql`update ledger set at = ${at}::timestamptz where id = (select max(id) from ledger)`);
}

const minute = { from: new Date('2031-03-01T12:00:00Z'), to: new Date('2031-03-01T12:01:00Z') };

beforeAll(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  ada = await addPerson(runtime, { name: 'Ada' });
  bob = await addPerson(runtime, { name: null, email: 'bob@example.com' });
  const boss = await addPerson(runtime, { role: 'administrator', name: 'Grace' });
  admin = boss.ctx();
  auditor = boss.ctx('auditor');
  key = await addApiKey(runtime, { name: 'billing' });
  connection = await addConnection(runtime, { personId: ada.id });
  const about = { personId: ada.id, connectionId: connection, provider: 'acme' };
  await write(ada.ctx(), 1, { action: 'connection.created', ...about });
  for (const [second, fingerprint] of [
    [2, 'Zmlyc3Q='],
    [3, 'c2Vjb25k'],
    [4, 'dGhpcmQ='],
  ] as const) {
    await write(key.ctx, second, { action: 'token.vended', ...about, details: { fingerprint } });
  }
  await write(key.ctx, 5, { action: 'token.denied', outcome: 'refused', code: 'frozen', ...about }, '198.51.100.1');
  await write(admin, 6, { action: 'person.disabled', personId: bob.id, details: { reason: 'left' } });
  await write(asNobody(runtime), 7, { action: 'request.refused', outcome: 'refused', count: 40 }, '198.51.100.0/24');
});

describe('the list of the ledger', () => {
  const listed = async (filter: Parameters<typeof listLedger>[1] = {}) =>
    (await listLedger(auditor, { ...minute, ...filter })).items.map(
      ({ at, action }) => `${at.getUTCSeconds()} ${action}`,
    );

  /** The ids of all pages, one after the other. */
  const paged = async (filter: Parameters<typeof listLedger>[1]) => {
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await listLedger(auditor, { ...minute, ...filter, limit: 2, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    return seen;
  };

  test('is newest first, with the names of today', async () => {
    const { items, nextCursor } = await listLedger(auditor, minute);
    expect(nextCursor).toBeNull();
    expect(items.map(({ at }) => at.getUTCSeconds())).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(items[1]).toMatchObject({
      sentence: 'Person disabled',
      actor: { type: 'person', name: 'Grace' },
      person: { id: bob.id, name: 'bob@example.com' },
      apiKey: null,
      details: { reason: 'left' },
    });
    expect(items[2]).toMatchObject({
      actor: { type: 'api_key', id: key.id, name: 'billing' },
      person: { id: ada.id, name: 'Ada' },
      apiKey: { id: key.id, name: 'billing' },
      outcome: 'refused',
      code: 'frozen',
    });
    expect(JSON.stringify(items)).not.toContain('xid');
  });

  test('counts what its filter leaves, an address with its network', async () => {
    expect(await countLedger(auditor, minute)).toEqual({ count: 7, capped: false });
    expect(await countLedger(auditor, { ...minute, ip: '198.51.100.1' })).toEqual({ count: 2, capped: false });
    await expect(countLedger(ada.ctx(), {})).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('says what its filter names, also where no entry fits it', async () => {
    expect(await nameFilter(auditor, { personId: ada.id, apiKeyId: key.id, connectionId: connection })).toEqual({
      person: 'Ada',
      apiKey: 'billing',
      connection: 'Acme, ada@acme.example',
    });
    expect(await nameFilter(auditor, { personEmail: 'nobody@example.com', apiKeyId: 'key_gone' })).toEqual({
      person: null,
      apiKey: null,
      connection: null,
    });
    await expect(nameFilter(ada.ctx(), {})).rejects.toMatchObject({ code: 'forbidden' });
  });

  test.each<[string, () => Parameters<typeof listLedger>[1], string[]]>([
    ['a person', () => ({ personId: bob.id }), ['6 person.disabled']],
    ['whoever has an e-mail address', () => ({ personEmail: 'Bob@Example.com' }), ['6 person.disabled']],
    ['an address that nobody has', () => ({ personEmail: 'nobody@example.com' }), []],
    ['a key', () => ({ apiKeyId: key.id }), ['5 token.denied', '4 token.vended', '3 token.vended', '2 token.vended']],
    ['a provider and an outcome', () => ({ provider: 'acme', outcome: 'refused' }), ['5 token.denied']],
    [
      'an address, with what was counted for its network',
      () => ({ ip: '198.51.100.1' }),
      ['7 request.refused', '5 token.denied'],
    ],
    ['a rare action', () => ({ action: 'person.disabled' }), ['6 person.disabled']],
    ['a frequent action', () => ({ action: 'token.denied' }), ['5 token.denied']],
    [
      'a connection',
      () => ({ connectionId: connection, outcome: 'ok', action: 'connection.created' }),
      ['1 connection.created'],
    ],
    [
      'a time',
      () => ({ from: new Date('2031-03-01T12:00:02Z'), to: new Date('2031-03-01T12:00:04Z') }),
      ['3 token.vended', '2 token.vended'],
    ],
    ['a token', () => ({ fingerprint: 'c2Vjb25k' }), ['3 token.vended']],
    ['what nobody did', () => ({ provider: 'nobody' }), []],
  ])('narrows to %s', async (_, filter, expected) => {
    expect(await listed(filter())).toEqual(expected);
  });

  test('comes in pages that miss nothing and repeat nothing, also among rows of the same moment', async () => {
    for (let n = 0; n < 5; n++) await write(admin, 30, { action: 'session.ended', personId: bob.id });
    const seen = await paged({});
    expect(seen).toHaveLength(12);
    expect(new Set(seen).size).toBe(12);
    await database.db.execute(sql`delete from ledger where at = '2031-03-01T12:00:30Z'`);
  });

  test('comes in such pages also of an address, whose own rows and those of its network take turns', async () => {
    for (let n = 0; n < 5; n++)
      await write(asNobody(runtime), 31, { action: 'request.refused' }, n % 2 === 0 ? '192.0.2.9' : '192.0.2.0/24');
    await write(asNobody(runtime), 31, { action: 'request.refused' }, '192.0.2.8');
    const seen = await paged({ ip: '192.0.2.9' });
    expect(seen).toHaveLength(5);
    expect(seen).toEqual([...seen].sort((one, other) => other - one));
    expect(await paged({ ip: '192.0.2.0/24' })).toHaveLength(2);
    await database.db.execute(sql`delete from ledger where at = '2031-03-01T12:00:31Z'`);
  });

  test('is for administrators and auditors', async () => {
    await expect(listLedger(ada.ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listLedger(key.ctx)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(listLedger(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(listLedger(auditor, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('a person’s own activity', () => {
  test('says what was read, when and by which service, runs folded', async () => {
    const { items } = await listActivity(ada.ctx());
    expect(items.map(({ by, sentence, count, connection: on }) => [by, sentence, count, on?.label])).toEqual([
      ['billing', 'Use refused', 1, 'ada@acme.example'],
      ['billing', 'Used', 3, 'ada@acme.example'],
      ['You', 'Connected', 1, 'ada@acme.example'],
    ]);
    expect(items[1]).toMatchObject({
      at: new Date('2031-03-01T12:00:02Z'),
      until: new Date('2031-03-01T12:00:04Z'),
      connection: { id: connection },
    });
    expect((await listActivity(ada.ctx(), { reads: true })).items).toHaveLength(1);
  });

  test('is nobody else’s, and does not name administrators', async () => {
    const { items } = await listActivity(bob.ctx());
    expect(items.map(({ by, sentence }) => [by, sentence])).toEqual([['An administrator', 'Person disabled']]);
    await expect(listActivity(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(listActivity(key.ctx)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('an export', () => {
  /** An auditor who signed in once more just now, or so many seconds ago. */
  async function signedIn(ageSeconds = 0): Promise<Context> {
    const person = await addPerson(runtime, { role: 'auditor' });
    const { publicId } = await beginSession(
      database.db,
      asNobody(runtime),
      { id: person.id, role: 'auditor' },
      { proof: 'auth_time', ageSeconds },
    );
    const { actor } = person.ctx();
    return as(runtime, { ...(actor as Extract<typeof actor, { type: 'person' }>), sessionId: publicId });
  }

  test('has every row of the filter, oldest first, as it was sealed, and is recorded before it begins', async () => {
    const ctx = await signedIn();
    const until = new Date('2031-04-01T00:00:00Z');
    const rows = await Array.fromAsync(
      await exportLedger({ ...ctx, now: () => until }, { ...minute, apiKeyId: key.id, format: 'jsonl' }),
    );
    expect(rows.map(({ action, at }) => [action, at])).toEqual([
      ['token.vended', '2031-03-01T12:00:02.000Z'],
      ['token.vended', '2031-03-01T12:00:03.000Z'],
      ['token.vended', '2031-03-01T12:00:04.000Z'],
      ['token.denied', '2031-03-01T12:00:05.000Z'],
    ]);
    const [entry] = (await listLedger(auditor, { action: 'ledger.exported' })).items;
    expect(entry).toMatchObject({
      actor: { id: ctx.actor.type === 'person' && ctx.actor.personId },
      details: { what: 'rows', format: 'jsonl', apiKeyId: key.id, from: '2031-03-01T12:00:00.000Z' },
    });
    const [row] = rows;
    if (!row) throw new Error('no row');
    const text = encodeRow({
      at: Date.parse(row.at),
      id: row.id,
      xid: row.xid,
      action: row.action,
      outcome: row.outcome,
      code: row.code,
      actorType: row.actor_type,
      actorId: row.actor_id,
      personId: row.person_id,
      connectionId: row.connection_id,
      provider: row.provider,
      apiKeyId: row.api_key_id,
      ip: row.ip,
      requestId: row.request_id,
      count: row.count,
      details: row.details,
    });
    await sealLedger(systemContext(runtime, 'test'));
    const [kept] = await database.db
      .execute(sql`select n from ledger_locators
      where position(${leafHash(text).subarray(0, 8)} in prefixes) > 0`)
      .then((found) => (Array.isArray(found) ? found : (found as { rows: unknown[] }).rows));
    expect(kept).toBeDefined();
  });

  test('needs a sign-in of the last minutes and the role', async () => {
    const options = { format: 'csv' } as const;
    await expect(exportLedger(await signedIn(301), options)).rejects.toMatchObject({ code: 'step_up_required' });
    await expect(exportLedger(ada.ctx(), options)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(exportLedger(asNobody(runtime), options)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('a check', () => {
  test('is in the ledger with its outcome, once a day by itself', async () => {
    await database.db.delete(ledger);
    await database.db.execute(sql`delete from ledger_seals`);
    await database.db.execute(sql`delete from ledger_locators`);
    const ctx = systemContext(runtime, 'jobs');
    await record(database.db, ctx, { action: 'session.ended' });
    await sealLedger(ctx);
    for (let round = 0; round < 2; round++) {
      await beginDailyCheck(ctx);
      await settle(runtime);
    }
    await database.db.execute(sql`update ledger set outcome = 'failed' where action = 'session.ended'`);
    const { faults } = await checkLedger(auditor);
    expect(faults).toHaveLength(1);
    const { items } = await listLedger(auditor, { action: 'ledger.verified' });
    expect(items.map(({ outcome, code, actor }) => [outcome, code, actor.type])).toEqual([
      ['failed', 'row_changed', 'person'],
      ['ok', null, 'system'],
    ]);
    expect(items[0]?.details).toMatchObject({
      faults: 1,
      place: expect.stringMatching(/^seal=1 month=\d{4}-\d\d row=\d+$/),
    });
  });

  test('that was begun on a page goes on behind it, one at a time', async () => {
    expect(() => beginCheck(ada.ctx())).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect([beginCheck(auditor), beginCheck(auditor), isCheckRunning()]).toEqual([true, false, true]);
    await settle(runtime);
    expect(isCheckRunning()).toBe(false);
    beginCheck(auditor);
    stopCheck();
    await settle(runtime);
    expect(isCheckRunning()).toBe(false);
    const { lastCheck } = await readSealStatus(auditor);
    expect(lastCheck).toMatchObject({ ok: false, fault: { kind: 'row_changed' }, seals: 1 });
  });
});
