import { beforeAll, describe, expect, test } from 'vitest';
import { countLedger } from '#lib/audit/count-ledger';
import { lastExport } from '#lib/audit/export-ledger';
import { verifyLedger } from '#lib/audit/verify-ledger';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { record } from '#lib/ledger/record';
import { beginSession } from '#lib/sign-in/sessions';
import { handleCheckpoint, handleLedgerExport } from '#lib/web/ledger-files';
import { sharedDatabase } from '#tests/database';
import { addPerson, as, asNobody, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let auditor: Context;

beforeAll(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const person = await addPerson(runtime, { role: 'auditor', name: 'Grace' });
  const { publicId } = await beginSession(
    database.db,
    asNobody(runtime),
    { id: person.id, role: 'auditor' },
    { proof: 'auth_time', ageSeconds: 0 },
  );
  const { actor } = person.ctx();
  auditor = as(runtime, { ...(actor as Extract<typeof actor, { type: 'person' }>), sessionId: publicId });
  for (const reason of ['=1+1', 'two\nlines', 'plain']) {
    await record(database.db, systemContext(runtime, reason), { action: 'connection.revoked', details: { reason } });
  }
});

function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Request {
  return new Request(`http://localhost:3000${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { origin: 'http://localhost:3000', ...headers },
  });
}

const exported = (fields: Record<string, string>, ctx = auditor, headers = {}) =>
  handleLedgerExport(ctx, post('/admin/ledger/export', fields, headers));

describe('the file of the ledger', () => {
  const revoked = { action: 'connection.revoked' } as const;

  test('has a line of JSON for each entry of the filter', async () => {
    const answer = await exported({ ...revoked, format: 'jsonl' });
    expect([answer.status, answer.headers.get('content-disposition')]).toEqual([
      200,
      expect.stringMatching(/^attachment; filename="ledger-until-\d{8}T\d{6}Z\.jsonl"$/),
    ]);
    const rows = (await answer.text()).trimEnd().split('\n');
    expect(rows.map((line) => JSON.parse(line).details.reason)).toEqual(['=1+1', 'two\nlines', 'plain']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('S-02 the rows that were counted before are the rows that were written, and the page says so', async () => {
    const { count } = await countLedger(auditor, revoked);
    for (const format of ['jsonl', 'csv']) {
      await (await exported({ ...revoked, format })).text();
      expect(await lastExport(auditor)).toMatchObject({ rows: count });
    }
    expect(count).toBe(3);
  });

  test('as CSV begins with its columns and runs no formula', async () => {
    const text = await (await exported({ ...revoked, format: 'csv' })).text();
    const [head, first] = text.split('\r\n');
    expect(head).toBe(
      'at,id,xid,action,outcome,code,actor_type,actor_id,actor_name,person_id,person_name,connection_id,provider,api_key_id,api_key_name,ip,request_id,count,details',
    );
    expect(first).toContain(",'=1+1,");
    expect(text.match(/connection\.revoked/g)).toHaveLength(3);
  });

  test('CSV names beside ids, for people to read; the range of the reader’s days is in the file’s name', async () => {
    const answer = await exported({ format: 'csv', range: 'yesterday', reader_zone: 'Europe/Berlin' });
    expect(answer.headers.get('content-disposition')).toMatch(/"ledger-\d{8}T2[23]0000Z-\d{8}T2[23]0000Z\.csv"$/);
    // Read to its end: the entry that the rows were written comes with the last of them, in whichever test that is.
    await answer.text();
    const text = await (await exported({ format: 'csv', action: 'ledger.exported' })).text();
    expect(text).toContain(`${auditor.actor.type === 'person' && auditor.actor.personId},Grace,`);
  });

  test('is in the ledger each time', async () => {
    const before = (await entries(runtime)).filter(({ action }) => action === 'ledger.exported').length;
    await (await exported({ ...revoked, format: 'csv' })).text();
    const after = (await entries(runtime)).filter(({ action }) => action === 'ledger.exported');
    expect(after).toHaveLength(before + 1);
    expect(after.at(-1)?.details).toMatchObject({ what: 'rows', format: 'csv', action: 'connection.revoked' });
  });

  test.each<[string, () => Promise<Response>, string]>([
    ['another site', () => exported({ format: 'csv' }, auditor, { origin: 'https://evil.example' }), 'wrong_origin'],
    ['nobody', () => exported({ format: 'csv' }, asNobody(runtime)), 'unauthenticated'],
    ['a format that there is not', () => exported({ format: 'xml' }), 'invalid_request'],
    [
      'a session that is not fresh',
      async () => exported({ format: 'csv', ip: '203.0.113.7' }, (await addPerson(runtime)).ctx('auditor')),
      'step_up_required',
    ],
  ])('is refused to %s, on the page', async (_, ask, code) => {
    const answer = await ask();
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get('location') ?? '', 'http://hub');
    expect([location.pathname, location.searchParams.get('flow')]).toEqual(['/admin/ledger', code]);
  });

  test('keeps the filters of who is sent back', async () => {
    const answer = await exported({ format: 'csv', ip: '203.0.113.7' }, (await addPerson(runtime)).ctx('auditor'));
    expect(answer.headers.get('location')).toContain('ip=203.0.113.7');
  });
});

describe('the file of a checkpoint', () => {
  test('holds against the ledger, and taking it is an entry', async () => {
    const answer = await handleCheckpoint(auditor, post('/admin/ledger/checkpoint', {}));
    const text = await answer.text();
    expect((await verifyLedger(auditor, { checkpoints: [text] })).faults).toEqual([]);
    expect((await entries(runtime)).findLast(({ action }) => action === 'ledger.exported')).toMatchObject({
      details: { what: 'checkpoint', size: 0 },
    });
  });

  test.each<[string, 'user' | 'auditor', string]>([
    ['a person', 'user', 'forbidden'],
    ['an auditor who did not sign in lately', 'auditor', 'step_up_required'],
  ])('is refused to %s', async (_, role, code) => {
    const person = await addPerson(runtime);
    const answer = await handleCheckpoint(person.ctx(role), post('/admin/ledger/checkpoint', {}));
    expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringContaining(`flow=${code}`)]);
  });
});
