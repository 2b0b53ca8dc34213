import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { checkLedger, isCheckDue } from '#lib/audit/check-ledger';
import { proofOfCheck } from '#lib/audit/check-proof';
import { readSealStatus } from '#lib/audit/list-seals';
import { sealLedger } from '#lib/audit/seal-ledger';
import { type Runtime, systemContext } from '#lib/context';
import { ledger } from '#lib/db/schema/ledger';
import { record } from '#lib/ledger/record';
import { sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
const ctx = () => systemContext(runtime, 'test');

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  for (const table of ['ledger', 'ledger_seals', 'ledger_locators'])
    await database.db.execute(sql.raw(`delete from ${table}`));
  for (const reason of ['a', 'b']) await record(database.db, ctx(), { action: 'api_key.revoked', details: { reason } });
  await sealLedger(ctx());
});

/** An entry as a role that may append writes one. */
const append = (details: Record<string, string | number>, outcome: 'ok' | 'failed' = 'ok') =>
  database.db.insert(ledger).values({ action: 'ledger.verified', outcome, actorType: 'system', details });
const lastOk = async () => (await readSealStatus(ctx())).lastCheck?.ok ?? null;

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
const all = { outcome: 'ok', code: null, seals: 0, rows: 0 } as const;

/** What a writer to the database can say without a key of the hub. */
const forgeries: [string, () => Record<string, string | number>][] = [
  ['nothing', () => ({})],
  ['numbers', () => ({ seals: 1, rows: 2, faults: 0, checkpoints: 0 })],
  [
    'a signature of no key',
    () => ({ ...proofOfCheck(ctx(), { ...all, checkedAt: new Date() }), signed_by: 'other', seals: 0, rows: 0 }),
  ],
  [
    'a signature over something else',
    () => ({ ...proofOfCheck(ctx(), { ...all, checkedAt: new Date() }), seals: 9, rows: 9 }),
  ],
  [
    'the signature of a check that failed',
    () => proofOfCheck(ctx(), { ...all, outcome: 'failed', code: 'row_changed', checkedAt: new Date() }),
  ],
  ['text that is no signature', () => ({ checked_at: 'x', signed_by: 'x', signature: '…' })],
];

test.each(forgeries)('an entry that says with %s that the ledger is whole counts for nothing', async (_, details) => {
  await append(details());
  expect([await isCheckDue(ctx()), await lastOk()]).toEqual([true, null]);
  await database.db.execute(sql`update ledger set details = '{"reason": "c"}' where details->>'reason' = 'a'`);
  await checkLedger(ctx());
  expect(await lastOk()).toBe(false);
  await append(details());
  expect(await lastOk()).toBe(false);
});

test('one that was copied says when the check was', async () => {
  await append(proofOfCheck(ctx(), { ...all, checkedAt: daysAgo(2) }));
  expect(await isCheckDue(ctx())).toBe(true);
  expect((await readSealStatus(ctx())).lastCheck?.at.getTime()).toBeLessThan(daysAgo(1).getTime());
});

test('one of a clock that was ahead puts no check off', async () => {
  await append(proofOfCheck(ctx(), { ...all, checkedAt: daysAgo(-2) }));
  expect(await isCheckDue(ctx())).toBe(true);
});

test('a true one counts, among some that are not, and one that says that it failed is believed', async () => {
  await checkLedger(ctx());
  for (let n = 0; n < 20; n++) await append({ seals: 1, rows: 2 });
  expect([await isCheckDue(ctx()), await lastOk()]).toEqual([false, true]);
  await append({}, 'failed');
  expect([await isCheckDue(ctx()), await lastOk()]).toEqual([false, false]);
});
