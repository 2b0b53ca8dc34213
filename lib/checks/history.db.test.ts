import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type CheckSpanView,
  type ListCheckHistoryInput,
  listCheckedPairs,
  listCheckHistory,
} from '#lib/checks/history';
import type { Context } from '#lib/context';
import { encodeCursor } from '#lib/cursor';
import { type CheckOutcome, checkResults, checkRuns } from '#lib/db/schema/checks';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const hub = () => createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
const day = (n: number) => new Date(Date.UTC(2026, 0, n));

beforeEach(async () => {
  for (const table of [checkResults, checkRuns]) await database.db.delete(table);
});

/** One result a day, `p` passes and `f` fails, begun by the daily run except on the days of `by`. */
async function keep(check: string, provider: string, letters: string, by: Record<number, string> = {}): Promise<void> {
  const results: Record<string, CheckOutcome> = { p: 'passes', f: 'fails', u: 'unknown' };
  let since = day(1);
  for (const [n, letter] of [...letters].entries()) {
    if (letters[n - 1] !== letter) since = day(n + 1);
    const run = `run_${check}_${n}`;
    await database.db.insert(checkRuns).values({ id: run, startedAt: day(n + 1), startedBy: by[n + 1] ?? 'jobs' });
    await database.db.insert(checkResults).values({
      ...{ run, checkId: check, provider, result: results[letter] ?? 'unknown', at: day(n + 1), since },
      ...{ lookedAt: 'it', found: `found on day ${n + 1}`, mend: null },
    });
  }
}

const brief = ({ provider, result, from, ended, looks }: CheckSpanView) =>
  `${provider?.id ?? 'hub'} ${result} ${from.getUTCDate()}-${ended ? ended.at.getUTCDate() : ''} ${looks}`;

async function all(ctx: Context, input: ListCheckHistoryInput = {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listCheckHistory(ctx, { ...input, cursor, limit: 2 });
    seen.push(...page.items.map(brief));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return seen;
}

describe('the history of a check', () => {
  test('has each time in which the result was the same, from the first look to the one that ended it', async () => {
    const runtime = hub();
    const admin = await addPerson(runtime, { role: 'administrator' });
    await keep('pkce', 'acme', 'ppffpu', { 5: admin.id });
    await keep('state', '', 'ppp');
    const newest = [
      'acme unknown 6- 1',
      'acme passes 5-6 1',
      'acme fails 3-5 2',
      'hub passes 1- 3',
      'acme passes 1-3 2',
    ];
    expect(await all(admin.ctx())).toEqual(newest);
    expect(await all(admin.ctx(), { order: 'oldest' })).toEqual(newest.toReversed());
    expect(await all(admin.ctx(), { result: 'fails' })).toEqual(['acme fails 3-5 2']);
    expect(await all(admin.ctx(), { provider: '-' })).toEqual(['hub passes 1- 3']);
    expect(await all(admin.ctx(), { check: 'pkce', provider: 'acme', result: 'passes' })).toHaveLength(2);
    const [failed] = (await listCheckHistory(admin.ctx(), { result: 'fails' })).items;
    expect(failed).toMatchObject({
      ...{ found: 'found on day 3', seenBy: { id: 'jobs', name: null }, lastLookAt: day(4) },
      ended: { result: 'passes', seenBy: { id: admin.id } },
    });
  });

  test('begins with the oldest look that is kept, and keeps providers and checks that are gone', async () => {
    const runtime = hub();
    const { ctx } = await addPerson(runtime, { role: 'auditor' });
    await keep('of_an_earlier_build', 'gone', 'ffp');
    await database.db.delete(checkResults).where(eq(checkResults.at, day(1)));
    expect(await all(ctx())).toEqual(['gone passes 3- 1', 'gone fails 2-3 1']);
    expect(await listCheckedPairs(ctx())).toEqual({
      checks: [{ id: 'of_an_earlier_build', name: 'of_an_earlier_build' }],
      providers: [{ id: 'gone', name: 'gone' }],
    });
  });

  test('is for administrators and auditors', async () => {
    const user = await addPerson(hub());
    await expect(listCheckHistory(user.ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listCheckedPairs(user.ctx())).rejects.toMatchObject({ code: 'forbidden' });
    const admin = await addPerson(hub(), { role: 'administrator' });
    const forged = ['con_x', '9'.repeat(30)].map((id) =>
      encodeCursor({ at: '2026-01-01T00:00:00Z', id, sort: 'checks newest' }),
    );
    for (const cursor of ['x', ...forged])
      await expect(listCheckHistory(admin.ctx(), { cursor })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
