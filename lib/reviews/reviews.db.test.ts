import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { type Runtime, systemContext } from '#lib/context';
import { alertProgress, alerts } from '#lib/db/schema/alerts';
import { checkResults, checkRuns } from '#lib/db/schema/checks';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { type MetadataChange, providerMetadata } from '#lib/db/schema/provider-metadata';
import { reviews } from '#lib/db/schema/reviews';
import { assignReview } from '#lib/reviews/assign';
import { computeDueFindings } from '#lib/reviews/compute-due';
import { computeFindings } from '#lib/reviews/compute-findings';
import { getReview, listOwners, listReviews } from '#lib/reviews/list';
import { mailReviews } from '#lib/reviews/mail-reviews';
import { openReviews } from '#lib/reviews/open-reviews';
import { noteDigest, signOffReview } from '#lib/reviews/sign-off';
import { reviewTasks } from '#lib/reviews/task-list';
import { sharedDatabase } from '#tests/database';
import { addFreshAdministrator, addPerson, createRuntime, entries, plainRecord } from '#tests/hub';
import { smtpServer } from '#tests/servers/smtp-server';

const database = sharedDatabase();

beforeEach(async () => {
  for (const table of [reviews, alerts, alertProgress, connections, providerMetadata, checkResults])
    await database.db.delete(table);
  await database.db.execute(sql`truncate ledger`);
});

const hub = () => createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
const system = (runtime: Runtime) => systemContext(runtime, 'jobs');
const day = (text: string) => new Date(`${text}T12:00:00Z`);
const all = () => database.db.select().from(reviews).orderBy(reviews.periodStart, reviews.task);
const dayMs = 86_400_000;

async function openOf(task: string) {
  const rows = await database.db.select().from(reviews).where(eq(reviews.task, task)).orderBy(reviews.periodStart);
  const last = rows.at(-1);
  if (!last) throw new Error(`no review of ${task}`);
  return last;
}

describe('a year', () => {
  test('each week, month and quarter has its review, and each that was done in time is signed off', async () => {
    const runtime = hub();
    const administrator = await addFreshAdministrator(runtime);
    const done: string[] = [];
    for (let at = day('2026-01-05'); at < day('2027-01-04'); at = new Date(at.getTime() + 7 * dayMs)) {
      await openReviews(system(runtime), { now: at });
      const { due } = await listReviews(system(runtime), { now: at });
      expect(due.filter(({ state }) => state === 'overdue')).toEqual([]);
      for (const { id, task } of due) {
        await computeFindings(administrator, { id }, { now: at });
        await signOffReview(administrator, { id, findingsAt: at, note: 'looked at all of it' }, { now: at });
        done.push(task);
      }
    }
    const count = (task: string) => done.filter((one) => one === task).length;
    expect([count('authorizations'), count('scopes'), count('vault_keys')]).toEqual([52, 12, 4]);
    const { year } = await listReviews(system(runtime), { now: day('2026-12-31') });
    expect(year.map(({ task }) => task)).toEqual(reviewTasks.map(({ id }) => id));
    const weekly = year.find(({ task }) => task === 'authorizations');
    expect(new Set(weekly?.reviews.map(({ state }) => state))).toEqual(new Set(['signed_off']));
    // No time is left out between two reviews.
    const spans = (await all()).filter(({ task }) => task === 'authorizations').map(({ findings }) => findings);
    for (const [n, span] of spans.entries()) if (n > 0) expect(span?.from).toBe(spans[n - 1]?.to);
  }, 120_000);

  test('a review over its date is missed once the next begins, and the next is due at once', async () => {
    const runtime = hub();
    await openReviews(system(runtime), { now: day('2026-06-01') });
    const first = await openOf('authorizations');
    expect(first.dueAt).toEqual(new Date('2026-06-08T00:00:00Z'));
    await openReviews(system(runtime), { now: day('2026-06-24') });
    const weekly = (await all()).filter(({ task }) => task === 'authorizations');
    expect(weekly.map(({ missedAt, dueAt }) => [missedAt !== null, dueAt.toISOString().slice(0, 10)])).toEqual([
      [true, '2026-06-08'],
      [true, '2026-06-08'],
      [true, '2026-06-15'],
      [false, '2026-06-22'],
    ]);
    expect((await entries(runtime)).filter(({ action }) => action === 'review.missed')).toHaveLength(6);
    const { due } = await listReviews(system(runtime), { now: day('2026-06-24') });
    expect(due.find(({ task }) => task === 'authorizations')?.state).toBe('overdue');
    expect(due.find(({ task }) => task === 'scopes')?.state).toBe('open');
  });

  test('a hub that begins at the end of a week gets half a week for its first review', async () => {
    const runtime = hub();
    await openReviews(system(runtime), { now: day('2026-06-07') });
    expect((await openOf('authorizations')).dueAt).toEqual(new Date('2026-06-11T00:00:00Z'));
    await openReviews(system(runtime), { now: day('2026-06-09') });
    expect((await all()).filter(({ task }) => task === 'authorizations')).toHaveLength(1);
  });

  test('processes that look together open each review once', async () => {
    const runtime = hub();
    const now = day('2026-06-01');
    await Promise.all([1, 2, 3].map(() => openReviews(system(runtime), { now })));
    expect(await all()).toHaveLength(reviewTasks.filter(({ period }) => period !== 'on_change').length);
  });
});

describe('a sign-off', () => {
  const now = day('2026-06-01');
  const opened = async () => {
    const runtime = hub();
    const administrator = await addFreshAdministrator(runtime);
    await openReviews(system(runtime), { now });
    return { runtime, administrator, id: (await openOf('vault_keys')).id };
  };

  test('is refused without findings, with old ones, with others than were seen, without a note, and twice', async () => {
    const { runtime, administrator, id } = await opened();
    const sign = (findingsAt: Date, at: Date, note = 'done') =>
      signOffReview(administrator, { id, findingsAt, note }, { now: at });
    await expect(sign(now, now)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/no findings/),
    });
    await computeFindings(administrator, { id }, { now });
    const later = new Date(now.getTime() + dayMs + 1);
    await expect(sign(now, later)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/older than a day/),
    });
    await expect(sign(now, new Date(now.getTime() - 1))).rejects.toMatchObject({ code: 'conflict' });
    await computeFindings(administrator, { id }, { now: later });
    await expect(sign(now, later)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/again meanwhile/),
    });
    await expect(sign(later, later, '  ')).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await entries(runtime)).filter(({ action }) => action === 'review.signed_off')).toEqual([]);
    await sign(later, later);
    await expect(sign(later, later)).rejects.toMatchObject({ code: 'conflict' });
    await expect(computeFindings(administrator, { id })).rejects.toMatchObject({ code: 'conflict' });
    const [entry] = (await entries(runtime)).filter(({ action }) => action === 'review.signed_off');
    expect(entry?.details).toMatchObject({
      review: id,
      task: 'vault_keys',
      late: false,
      note_sha256: noteDigest('done'),
    });
    expect(await getReview(administrator, { id }, { now: later })).toMatchObject({ state: 'signed_off', note: 'done' });
  });

  test('is for administrators; auditors look, and other people do not', async () => {
    const { runtime, id } = await opened();
    const [auditor, user] = [await addPerson(runtime, { role: 'auditor' }), await addPerson(runtime)];
    const acts = [
      (ctx: ReturnType<typeof user.ctx>) => computeFindings(ctx, { id }, { now }),
      (ctx: ReturnType<typeof user.ctx>) => signOffReview(ctx, { id, findingsAt: now, note: 'x' }, { now }),
      (ctx: ReturnType<typeof user.ctx>) => assignReview(ctx, { id, owner: '' }),
    ];
    for (const { ctx } of [auditor, user])
      for (const act of acts) await expect(act(ctx())).rejects.toMatchObject({ code: 'forbidden' });
    for (const look of [listReviews, listOwners, (ctx: ReturnType<typeof user.ctx>) => getReview(ctx, { id })]) {
      await expect(look(user.ctx())).rejects.toMatchObject({ code: 'forbidden' });
      await look(auditor.ctx());
    }
    await expect(openReviews(auditor.ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(assignReview(await addFreshAdministrator(runtime), { id, owner: auditor.id })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('the database takes none without findings, whatever the code does', async () => {
    const { id } = await opened();
    const forged = database.db.update(reviews).set({ signedOffAt: now, signedOffBy: 'x' }).where(eq(reviews.id, id));
    await expect(forged.execute()).rejects.toThrow();
  });
});

describe('findings', () => {
  test('are computed for each open review, and anew before they are a day old', async () => {
    const runtime = hub();
    const now = day('2026-06-01');
    await openReviews(system(runtime), { now });
    for (let n = 0; n < 4; n++) await computeDueFindings(system(runtime), { now });
    expect((await all()).every(({ findings }) => findings !== null)).toBe(true);
    const later = new Date(now.getTime() + 13 * 3_600_000);
    for (let n = 0; n < 4; n++) await computeDueFindings(system(runtime), { now: later });
    expect((await all()).every(({ findingsAt }) => findingsAt?.getTime() === later.getTime())).toBe(true);
  });

  test('are computed anew after each run of the checks', async () => {
    const runtime = hub();
    const now = day('2026-06-01');
    const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
    await openReviews(system(runtime), { now });
    const compute = async (at: Date) => {
      for (let n = 0; n < 4; n++) await computeDueFindings(system(runtime), { now: at });
      return [...new Set((await all()).map(({ findingsAt }) => findingsAt?.getTime()))];
    };
    expect(await compute(minutes(0))).toEqual([minutes(0).getTime()]);
    const { db } = database;
    await db.insert(checkRuns).values({ id: 'run_one', provider: 'acme', startedAt: minutes(1), endedAt: minutes(2) });
    expect(await compute(minutes(3))).toEqual([minutes(0).getTime()]);
    await db.insert(checkRuns).values({ id: 'run_all', startedAt: minutes(3), endedAt: minutes(4) });
    expect(await compute(minutes(5))).toEqual([minutes(5).getTime()]);
    expect(await compute(minutes(6))).toEqual([minutes(5).getTime()]);
    await db.delete(checkRuns);
  });
});

test('a check that passed long ago is no finding of today', async () => {
  const runtime = hub();
  const administrator = await addFreshAdministrator(runtime);
  const now = day('2026-06-03');
  await openReviews(system(runtime), { now });
  const { id } = await openOf('redirect_uris');
  const passed = async (at: Date) => {
    const row = { run: 'run_1', checkId: 'redirect_uri', provider: 'acme', lookedAt: 'x', found: 'It is registered.' };
    await database.db.insert(checkResults).values({ ...row, result: 'passes', at, since: at });
    const { items } = await computeFindings(administrator, { id }, { now });
    return items.find(({ found }) => found.endsWith('It is registered.'));
  };
  expect(await passed(day('2026-05-20'))).toMatchObject({
    result: 'unknown',
    found: 'Last checked on 2026-05-20. It is registered.',
    propose: expect.stringContaining('Run the checks'),
  });
  expect(await passed(day('2026-06-02'))).toMatchObject({ result: 'fine', found: 'It is registered.' });
});

describe('F-11 a review that was signed off while the clock was two days ahead', () => {
  const now = day('2026-06-03');
  const ahead = day('2026-06-05');

  test('leaves no time out of the next one', async () => {
    const runtime = hub();
    const administrator = await addFreshAdministrator(runtime);
    await openReviews(system(runtime), { now });
    const { id } = await openOf('authorizations');
    await computeFindings(administrator, { id }, { now: ahead });
    await signOffReview(administrator, { id, findingsAt: ahead, note: 'looked' }, { now: ahead });
    const { from, to } = await (async () => {
      const row = { id: 'rev_next', task: 'authorizations', period: 'weekly', createdAt: now } as const;
      await database.db.insert(reviews).values({ ...row, periodStart: now, dueAt: day('2026-06-10') });
      return computeFindings(administrator, { id: row.id }, { now });
    })();
    expect([from, to]).toEqual([day('2026-05-27').toISOString(), now.toISOString()]);
  });

  test('keeps no review of the next change from being opened', async () => {
    const runtime = hub();
    const administrator = await addFreshAdministrator(runtime);
    const change = (at: Date) =>
      database.db.insert(ledger).values({
        ...{ at, action: 'configuration.changed', outcome: 'ok', actorType: 'system' },
        details: { first: false, changed: ['provider:acme'], parts: [] },
      });
    const opened = async (at: Date) => {
      await openReviews(system(runtime), { now: at });
      return (await all()).filter(({ task }) => task === 'new_endpoints').length;
    };
    await change(day('2026-06-02'));
    expect(await opened(now)).toBe(1);
    const { id } = await openOf('new_endpoints');
    await computeFindings(administrator, { id }, { now: ahead });
    await signOffReview(administrator, { id, findingsAt: ahead, note: 'looked' }, { now: ahead });
    await change(new Date(now.getTime() + 1_000));
    expect(await opened(new Date(now.getTime() + 60_000))).toBe(2);
  });
});

describe('owners and alerts', () => {
  test('an overdue review is an alert until it is signed off', async () => {
    const runtime = hub();
    const administrator = await addFreshAdministrator(runtime);
    const [now, late] = [day('2026-06-01'), day('2026-06-10')];
    await openReviews(system(runtime), { now });
    const state = async (at: Date) => {
      await evaluateAlerts(system(runtime), { now: at });
      const rows = await database.db.select().from(alerts);
      return rows.filter(({ rule }) => rule === 'reviews_overdue').map((row) => `${row.state} ${row.value}`);
    };
    expect(await state(now)).toEqual([]);
    expect(await state(late)).toEqual(['open 2']);
    for (const task of ['authorizations', 'ending_grants']) {
      const { id } = await openOf(task);
      await computeFindings(administrator, { id }, { now: late });
      await signOffReview(administrator, { id, findingsAt: late, note: 'late' }, { now: late });
    }
    await state(new Date(late.getTime() + 5 * 60_000));
    expect(await state(new Date(late.getTime() + 20 * 60_000))).toEqual(['resolved 0']);
  });

  test('owners get a mail as a review opens and as it is overdue, and the next review has the same owner', async () => {
    const smtp = await smtpServer();
    const plain = hub();
    const mail = { smtpUrl: smtp.url, from: 'hub@example.com' };
    const runtime = { ...plain, config: { ...plain.config, mail, alertEmails: ['ops@example.com'] } };
    const administrator = await addFreshAdministrator(runtime);
    const owner = await addPerson(runtime, { role: 'administrator', email: 'owner@example.com' });
    const now = day('2026-06-01');
    await openReviews(system(runtime), { now });
    await assignReview(administrator, { id: (await openOf('authorizations')).id, owner: owner.id });
    const send = async (at: Date) => {
      const before = smtp.mails.length;
      await mailReviews(system(runtime), { now: at });
      return smtp.mails
        .slice(before)
        .map(({ to }) => to.join())
        .toSorted();
    };
    smtp.behaviour.refuses = true;
    expect(await send(now)).toEqual([]);
    smtp.behaviour.refuses = false;
    expect(await send(new Date(now.getTime() + 6 * 60_000))).toEqual(['ops@example.com', 'owner@example.com']);
    expect(await send(new Date(now.getTime() + 60 * 60_000))).toEqual([]);
    expect(await send(day('2026-06-08'))).toEqual(['ops@example.com', 'owner@example.com']);
    expect(smtp.mails.at(-1)?.data).toContain('overdue');
    expect(await send(day('2026-06-09'))).toEqual([]);
    await openReviews(system(runtime), { now: day('2026-06-15') });
    expect((await openOf('authorizations')).owner).toBe(owner.id);
  });
});

describe('a provider changes', () => {
  const changed = (at: Date, name: string, first = false) =>
    database.db.insert(ledger).values({
      at,
      action: 'configuration.changed',
      outcome: 'ok',
      actorType: 'system',
      actorId: 'start',
      details: { first, changed: [name], parts: [] },
    });

  test('three reviews open, once, and again after the next change', async () => {
    const runtime = hub();
    const administrator = await addFreshAdministrator(runtime);
    const now = day('2026-06-01');
    const opened = async (at: Date) => {
      await openReviews(system(runtime), { now: at });
      return (await all()).filter(({ period }) => period === 'on_change').length;
    };
    await changed(new Date(now.getTime() - 3_600_000), 'provider:acme', true);
    await changed(new Date(now.getTime() - 3_600_000), 'api_rate_per_minute');
    expect(await opened(now)).toBe(0);
    await changed(now, 'provider:acme');
    const [hour, next] = [new Date(now.getTime() + 3_600_000), new Date(now.getTime() + 2 * 3_600_000)];
    expect(await opened(hour)).toBe(3);
    expect(await opened(next)).toBe(3);
    for (const task of ['advisories', 'new_endpoints', 'deprecated_parameters']) {
      const { id } = await openOf(task);
      const { items } = await computeFindings(administrator, { id }, { now: next });
      expect(items).toMatchObject([{ subject: 'acme' }]);
      await signOffReview(administrator, { id, findingsAt: next, note: 'read' }, { now: next });
    }
    expect(await opened(day('2026-06-02'))).toBe(3);
    await changed(day('2026-06-03'), 'provider:acme');
    expect(await opened(day('2026-06-04'))).toBe(6);
  });

  test('they open too when its metadata changes, and say what it says now', async () => {
    const runtime = hub();
    const administrator = await addFreshAdministrator(runtime);
    const [now, next] = [day('2026-06-01'), day('2026-06-02')];
    const says = (seenAt: Date, changes: MetadataChange[], acceptedAt: Date | null) =>
      database.db
        .insert(providerMetadata)
        .values({ provider: 'acme', issuer: 'https://acme.example', seenAt, facts: {}, changes, acceptedAt });
    const opened = async () => {
      await openReviews(system(runtime), { now: next });
      return (await all()).filter(({ period }) => period === 'on_change');
    };
    await says(day('2026-05-31'), [], day('2026-05-31'));
    expect(await opened()).toEqual([]);
    const [before, after] = ['https://acme.example/token', 'https://elsewhere.example/token'];
    await says(now, [{ name: 'scopes_supported', before: null, after: ['read'] }], now);
    await says(new Date(now.getTime() + 1000), [{ name: 'token_endpoint', before, after }], null);
    expect((await opened()).map(({ dueAt }) => dueAt)).toEqual(Array(3).fill(new Date(now.getTime() + 7 * dayMs)));
    const { id } = await openOf('new_endpoints');
    const { items } = await computeFindings(administrator, { id }, { now: next });
    expect(items.map(({ result, found }) => [result, found.includes(`from ${before} to ${after}`)])).toEqual([
      ['attention', true],
      ['attention', false],
      ['fine', false],
    ]);
    const advisories = await computeFindings(administrator, { id: (await openOf('advisories')).id }, { now: next });
    expect(advisories.items).toMatchObject([
      { subject: 'acme', found: expect.stringMatching(/^Its metadata changed/) },
    ]);
  });
});
