import { desc, eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkLedger, isCheckDue } from '#lib/audit/check-ledger';
import { listSeals, readSealStatus } from '#lib/audit/list-seals';
import { sealLedger } from '#lib/audit/seal-ledger';
import { type Runtime, systemContext } from '#lib/context';
import { ledger } from '#lib/db/schema/ledger';
import { record } from '#lib/ledger/record';
import { sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
const ctx = () => systemContext(runtime, 'test');
const sqlText = (text: string) => database.db.execute(sql.raw(text));

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  for (const table of ['ledger', 'ledger_seals', 'ledger_locators']) await sqlText(`delete from ${table}`);
  for (const reason of ['a', 'b']) await record(database.db, ctx(), { action: 'api_key.revoked', details: { reason } });
  await sealLedger(ctx());
});

async function lastCheck() {
  const [row] = await database.db
    .select({ outcome: ledger.outcome, code: ledger.code })
    .from(ledger)
    .where(eq(ledger.action, 'ledger.verified'))
    .orderBy(desc(ledger.id))
    .limit(1);
  return row;
}

/** A seal as a role that may only append can write one. */
const forged = (values: string) =>
  `insert into ledger_seals (n, from_xid, to_xid, parts, dropped, encoding, previous, sealed_at, key_id, signature)
    select ${values}, 1, '', now(), 'x', 'x' from ledger_seals`;

describe('what cannot be read is told, and keeps nobody from being told', () => {
  test.each([
    ['a seal without parts', forged(`2, max(to_xid), max(to_xid), 'null', '{}'`)],
    ['a seal whose parts are none', forged(`2, max(to_xid), max(to_xid), '[1, null, {"month": 7}]', '{}'`)],
    ['a seal whose parts are an object', forged(`2, max(to_xid), max(to_xid), '{"month": "2026-11"}', '{null}'`)],
  ])('%s', async (_, tampering) => {
    await sqlText(tampering);
    expect((await checkLedger(ctx())).faults[0]).toMatchObject({ kind: 'seal_key_unknown', seal: 2 });
    expect(await lastCheck()).toEqual({ outcome: 'failed', code: 'seal_key_unknown' });
    expect((await listSeals(ctx())).items.map(({ n }) => n)).toEqual([2, 1]);
  });

  test.each([
    ['a seal over more positions than there are numbers', forged(`2, max(to_xid), 9223372036854775807, '[]', '{}'`)],
    ['a seal of a number beyond all', forged(`9223372036854775807, 0, 0, '[]', '{}'`)],
    ['positions that are none', `update ledger_seals set from_xid = -9223372036854775808`],
  ])('%s', async (_, tampering) => {
    await sqlText(tampering);
    await checkLedger(ctx()).catch(() => undefined);
    expect(await lastCheck()).toMatchObject({ outcome: 'failed' });
    expect((await readSealStatus(ctx())).lastCheck).toMatchObject({ ok: false });
  });

  test('a check that cannot go on says so, and does not pass for one that found nothing', async () => {
    await sqlText('alter table ledger_locators rename to elsewhere');
    try {
      await expect(checkLedger(ctx())).rejects.toThrow();
    } finally {
      await sqlText('alter table elsewhere rename to ledger_locators');
    }
    expect(await lastCheck()).toEqual({ outcome: 'failed', code: 'check_failed' });
    const { lastCheck: shown } = await readSealStatus(ctx());
    expect(shown?.fault?.sentence).toMatch(/came to no end/);
  });

  test('a forged end of the chain is not left to the check of the next day', async () => {
    await checkLedger(ctx());
    await sealLedger(ctx());
    expect(await isCheckDue(ctx())).toBe(false);
    await sqlText(`insert into ledger_seals (n, encoding, from_xid, to_xid, parts, previous, sealed_at, key_id, signature)
      select n + 1, 1, to_xid, to_xid + 1000000, '[]', '', now(), key_id, signature from ledger_seals order by n desc limit 1`);
    expect(await isCheckDue(ctx())).toBe(true);
    expect((await checkLedger(ctx())).faults).not.toEqual([]);
    expect(await isCheckDue(ctx())).toBe(false);
  });

  test('who is refused, or gives no checkpoint, has not checked anything', async () => {
    await expect(checkLedger(ctx(), { checkpoints: ['x'] })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(checkLedger(ctx(), { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await lastCheck()).toBeUndefined();
  });
});
