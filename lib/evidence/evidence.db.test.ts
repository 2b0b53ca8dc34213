import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendSeal, placeAfter, sealLedger } from '#lib/audit/seal-ledger';
import { lastSeal } from '#lib/audit/seals';
import { runChecks } from '#lib/checks/run-checks';
import { readResults } from '#lib/conformance/results';
import { systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { freezes } from '#lib/db/schema/freezes';
import { reviews } from '#lib/db/schema/reviews';
import { createBudget, readAll } from '#lib/evidence/budget';
import { type EvidenceBundle, readEntry } from '#lib/evidence/bundle';
import { writeEnvelope } from '#lib/evidence/envelope';
import { exportEvidence } from '#lib/evidence/export';
import { reportHtml } from '#lib/evidence/report-html';
import { verifyEvidence } from '#lib/evidence/verify';
import { createInclusionTree, rootOf } from '#lib/ledger/inclusion';
import { createMerkleTree, leafHash } from '#lib/ledger/merkle';
import { record } from '#lib/ledger/record';
import { createSigningKeys } from '#lib/ledger/signing-keys';
import { computeFindings } from '#lib/reviews/compute-findings';
import { openReviews } from '#lib/reviews/open-reviews';
import { signOffReview } from '#lib/reviews/sign-off';
import { needCryptography } from '#scripts/second-verifier';
import { sharedDatabase } from '#tests/database';
import {
  addConnection,
  addFreshAdministrator,
  addPerson,
  createRuntime,
  plainRecord,
  signedInLately,
} from '#tests/hub';

const database = sharedDatabase();
const dayMs = 86_400_000;
const email = 'canary-person@example.com';

let file: Buffer;
let publicKey: string;
let runtime: ReturnType<typeof createRuntime>;

const span = () => ({ from: new Date(Date.now() - 90 * dayMs), to: new Date(Date.now() + dayMs) });
const contentOf = (bytes: Uint8Array): EvidenceBundle => JSON.parse(Buffer.from(bytes).toString()).bundle;

beforeAll(async () => {
  await needCryptography();
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const { db } = database;
  const ctx = systemContext(runtime, 'test');
  const administrator = await addFreshAdministrator(runtime);
  const { id: personId } = await addPerson(runtime, { email, name: 'Canary Person' });
  await addConnection(runtime, { personId, accessToken: 'canary-token', refreshToken: 'canary-refresh' });
  // Entries of several seals, of which not all are cited.
  for (let n = 0; n < 3; n++) {
    for (let m = 0; m < 5; m++) await record(db, ctx, { action: 'token.refreshed', provider: 'acme', personId });
    await record(db, ctx, {
      action: 'connection.revoked',
      provider: 'acme',
      personId,
      details: { reason: '“tried” \u2028 <b>' },
    });
    await sealLedger(ctx);
  }
  await openReviews(ctx);
  const [review] = await db.select().from(reviews).where(sql`task = 'vault_keys'`);
  const id = review?.id ?? '';
  await computeFindings(administrator, { id });
  const [computed] = await db.select({ at: reviews.findingsAt }).from(reviews).where(eq(reviews.id, id));
  await signOffReview(administrator, { id, findingsAt: computed?.at ?? 0, note: 'looked at each key' });
  file = Buffer.from((await exportEvidence(ctx, span())).file);
  const keys = createSigningKeys(runtime.config);
  publicKey = keys.publicKey(keys.keyId)?.toString('base64') ?? '';
});

const folder = mkdtempSync(join(tmpdir(), 'grantkeep-evidence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the second verifier as its users do; answers its status and what it says. */
function second(bytes: Uint8Array, ...key: string[]): { status: number; text: string } {
  const path = join(folder, 'bundle.json');
  writeFileSync(path, bytes);
  try {
    return {
      status: 0,
      text: execFileSync('/usr/bin/python3', ['docs/verify_evidence.py', path, ...key], { encoding: 'utf8' }),
    };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return { status, text: stdout };
  }
}

describe('a bundle', () => {
  test('is whole to both verifiers, and cites each entry with its proof', () => {
    const report = verifyEvidence(file, publicKey);
    expect(report).toMatchObject({ ok: true, fault: null, trusted: true });
    expect(report.seals).toBeGreaterThanOrEqual(3);
    const { entries, reviews: reviewed, left_out, report_html } = contentOf(file);
    const actions = entries.map(({ text }) => readEntry(text).action);
    expect(actions.filter((one) => one === 'connection.revoked')).toHaveLength(3);
    expect(actions).not.toContain('token.refreshed');
    expect(left_out).toEqual({ not_sealed: 0, dropped_months: [] });
    const signed = reviewed.find(({ state }) => state === 'signed_off');
    expect(readEntry(entries[signed?.entry ?? -1]?.text ?? '')).toMatchObject({ details: { review: signed?.id } });
    expect(report_html).toContain('looked at each key');
    const other = second(file, publicKey);
    expect(other).toMatchObject({ status: 0, text: expect.stringContaining(`${entries.length} entries`) });
    expect(second(file)).toMatchObject({ status: 0, text: expect.stringContaining('No trusted key') });
  });

  test('has no token, no name and no e-mail address', () => {
    for (const secret of ['canary-token', 'canary-refresh', email, 'Canary Person', 'not-a-real-secret'])
      expect(file.toString()).not.toContain(secret);
  });

  test('is refused by both where one byte is altered, left out or added, anywhere', () => {
    const tail = Array.from({ length: 320 }, (_, n) => file.length - 1 - n);
    const spread = Array.from({ length: 300 }, (_, n) => Math.floor((n * file.length) / 300));
    const places = [...new Set([...tail, ...spread])];
    const altered = (n: number) => {
      const bytes = Buffer.from(file);
      bytes[n] = (bytes[n] ?? 0) ^ (1 << (n % 8));
      return bytes;
    };
    expect(places.filter((n) => verifyEvidence(altered(n)).ok)).toEqual([]);
    const more = [
      file.subarray(0, -1),
      Buffer.concat([file, Buffer.from('\n')]),
      Buffer.concat([Buffer.from(' '), file]),
    ];
    expect(more.filter((bytes) => verifyEvidence(bytes).ok)).toEqual([]);
    for (const bytes of more) expect(second(bytes).status).toBe(1);
    // All places in one process, which starts slowly.
    const path = join(folder, 'whole.json');
    writeFileSync(path, file);
    const script = `import sys; sys.path.insert(0, 'docs'); sys.dont_write_bytecode = True
import verify_evidence as v
data = open(${JSON.stringify(path)}, 'rb').read(); v.verify(data); taken = []
for n in ${JSON.stringify(places)}:
    other = bytearray(data); other[n] ^= 1 << n % 8
    try:
        v.verify(bytes(other)); taken.append(n)
    except Exception: pass
print(len(taken))`;
    expect(execFileSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8' }).trim()).toBe('0');
  });

  /** Signs a changed content with the hub's own key: the proofs inside must still tell. */
  const forged = (change: (bundle: EvidenceBundle) => void) => {
    const bundle = contentOf(file);
    change(bundle);
    return Buffer.from(writeEnvelope(JSON.stringify(bundle), createSigningKeys(runtime.config)));
  };
  const forgeries: Record<string, [change: (bundle: EvidenceBundle) => void, fault: RegExp]> = {
    'an entry with another text': [
      ({ entries: [first] }) => first && Object.assign(first, { text: first.text.replace('"acme"', '"evil"') }),
      /not under its seal/,
    ],
    'an entry at another place': [
      ({ entries: [first] }) => first && Object.assign(first, { index: first.index + 1 }),
      /./,
    ],
    'an entry of a seal that is left out': [(bundle) => bundle.seals.shift(), /is not in the bundle/],
    'a seal with another text': [
      ({ seals: [first] }) =>
        first && Object.assign(first, { text: first.text.replace('"acme"', '"x"').replace(/\d{13}/, '1000000000000') }),
      /signature of seal/,
    ],
    'a checkpoint of another size': [
      (bundle) => Object.assign(bundle, { checkpoint: bundle.checkpoint.replace(/\n\d+\n/, '\n99\n') }),
      /signature of the checkpoint/,
    ],
    'another note of a review': [
      ({ reviews: all }) =>
        all.filter(({ entry }) => entry !== null).map((one) => Object.assign(one, { note: 'nothing' })),
      /review .* has other|other findings/,
    ],
    'other findings of a review': [
      ({ reviews: all }) =>
        all.filter(({ entry }) => entry !== null).map((one) => Object.assign(one, { findings: '{}' })),
      /review .* has other|other findings/,
    ],
  };
  test.each(Object.entries(forgeries))(
    'with %s is refused by both, although the hub’s key signed it',
    (_, [change, fault]) => {
      const bytes = forged(change);
      expect(verifyEvidence(bytes)).toMatchObject({ ok: false, fault: expect.stringMatching(fault) });
      expect(second(bytes)).toMatchObject({ status: 1, text: expect.stringMatching(/^refused/) });
    },
  );

  test('of another key is refused where the checker names one', () => {
    const other = Buffer.alloc(32, 7).toString('base64');
    expect(verifyEvidence(file, other)).toMatchObject({ ok: false, trusted: false });
    expect(second(file, other).status).toBe(1);
  });
});

describe('results of checks', () => {
  const ctx = () => systemContext(runtime, 'test');
  const made = async () => Buffer.from((await exportEvidence(ctx(), span())).file);
  const alter = async (text: string) => void (await database.db.execute(sql.raw(text)));

  test('are refused by both verifiers where a writer to the database changed one, and counted where one is gone', async () => {
    const lines = await runChecks(ctx(), { provider: 'acme' });
    expect(lines.length).toBeGreaterThan(3);
    expect(verifyEvidence(await made())).toMatchObject({ ok: true, unproved_checks: 0 });
    await alter(
      `update check_results set result = case result when 'passes' then 'fails' else 'passes' end where check_id = 'pkce'`,
    );
    const forged = await made();
    expect(verifyEvidence(forged)).toMatchObject({ ok: false, fault: expect.stringMatching(/others than were found/) });
    expect(second(forged)).toMatchObject({ status: 1, text: expect.stringMatching(/others than were found/) });
    await alter(`delete from check_results where check_id = 'pkce'`);
    const shortened = await made();
    const unproved_checks = lines.length - 1;
    expect(verifyEvidence(shortened)).toMatchObject({ ok: true, unproved_checks });
    expect(second(shortened).text).toContain(`${unproved_checks} results of checks cite no entry`);
    // One that was put there, with an entry that its writer appended.
    await alter('delete from check_results');
    await alter(`insert into check_results (run, check_id, result, looked_at, found, at, since)
      values ('run_forged', 'state', 'passes', 'x', 'x', now(), now())`);
    const details = { run: 'run_forged', statement: 'x', signed_by: 'x', signature: 'x' };
    await record(database.db, ctx(), { action: 'checks.run', details });
    await sealLedger(ctx());
    expect(verifyEvidence(await made())).toMatchObject({ ok: true, unproved_checks: 1 });
    await alter('delete from check_results');
  });
});

describe('a period', () => {
  const ctx = () => systemContext(runtime, 'test');

  test('that is not over ends now', async () => {
    const { to, made_at } = contentOf(file);
    expect(Math.abs(Date.parse(made_at) - Date.parse(to))).toBeLessThan(dayMs / 2);
    const ahead = { from: new Date(Date.now() + dayMs), to: new Date(Date.now() + 2 * dayMs) };
    await expect(exportEvidence(ctx(), ahead)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('says of which months the ledger keeps no entries', async () => {
    const last = await lastSeal(database.db);
    const seal = { ...placeAfter(last), to: last?.to ?? 0, parts: [], sealedAt: new Date() };
    const dropped = ['2019-05', '2019-06', '2019-08'];
    await appendSeal(database.db, ctx(), { ...seal, dropped }, new Uint8Array());
    const period = { from: new Date('2019-06-01T00:00:00Z'), to: new Date('2019-08-01T00:00:00Z') };
    const { file: made, report } = await exportEvidence(ctx(), period);
    expect(contentOf(Buffer.from(made)).left_out).toEqual({ not_sealed: 0, dropped_months: ['2019-06'] });
    expect(report).toContain('The ledger keeps no entries of 2019-06 any more.');
  });
});

test('the page shows the results of the tests of a clause, and the run that they are of', async () => {
  const tests = ['a.test.ts > one: passed', 'a.test.ts > two: passed', 'b.test.ts > three: did_not_run'];
  const conformance = [{ specification: 'RFC 6749', clause: '10.12', state: 'met', tests }];
  const { report_html: _, ...content } = contentOf(file);
  expect(content.conformance_run).toEqual({ ...readResults('.'), tests: undefined });
  const run = { at: '2026-11-30T00:00:00.000Z', commit: 'abc', changed: true };
  const page = reportHtml({ ...content, conformance, conformance_run: run });
  expect(page).toContain('<td>met</td><td>2 passed, 1 did not run</td>');
  expect(page).toContain('tests run on 2026-11-30T00:00:00.000Z at abc, with files changed since');
});

describe('a long period', () => {
  const past = { from: new Date('2020-01-01T00:00:00Z'), to: new Date('2020-04-01T00:00:00Z') };
  const rows = 4_100;

  test('has every row of a section, over several pages', async () => {
    await database.db.execute(sql`insert into check_results (run, check_id, result, looked_at, found, at, since)
      select 'chk_x', 'pkce', 'passes', 'nothing', 'row ' || n, at, at
      from (select n, '2020-02-01'::timestamptz + make_interval(mins => n % 7) as at from generate_series(1, ${rows}) n) rows`);
    const { file: made, report } = await exportEvidence(systemContext(runtime, 'test'), past);
    const { checks } = contentOf(Buffer.from(made));
    expect(new Set(checks.map(({ found }) => found)).size).toBe(rows);
    expect(checks).toHaveLength(rows);
    expect(checks.map(({ at }) => at)).toEqual(checks.map(({ at }) => at).sort());
    expect(report).toContain(`Checks (${rows})`);
    expect(report).toContain(`The first 1000 of ${rows}. The bundle has all.`);
    expect(verifyEvidence(Buffer.from(made)).ok).toBe(true);
    expect(second(Buffer.from(made)).status).toBe(0);
  });

  test('has whatever lasted through it, and nothing that was over before or began after', async () => {
    const [before, within, after] = ['2022-01-01', '2022-02-01', '2022-05-01'];
    const period = { from: new Date('2022-01-15T00:00:00Z'), to: new Date('2022-04-01T00:00:00Z') };
    const spans: Record<string, [string, string | null]> = {
      through: [before, after],
      open: [before, null],
      begun: [within, after],
      over: ['2021-01-01', before],
      later: [after, null],
    };
    for (const [id, [begins, ends]] of Object.entries(spans)) {
      const [began, ended] = [new Date(begins), ends ? new Date(ends) : null];
      const [is, by] = [ended ? ('resolved' as const) : ('open' as const), ended && 'per_x'];
      const counts = { severity: 'warning' as const, value: 1, peak: 1, count: 1 };
      const alert = { id: `alr_${id}`, rule: 'check_fails', subject: id, ...counts, state: is };
      await database.db.insert(alerts).values({ ...alert, openedAt: began, heldAt: began, resolvedAt: ended });
      const freeze = { id: `frz_${id}`, scope: 'provider' as const, target: id, reason: 'test', createdBy: 'per_x' };
      await database.db.insert(freezes).values({ ...freeze, createdAt: began, liftedAt: ended, liftedBy: by });
      const review = { id: `rev_${id}`, task: `task_${id}`, period: 'on_change' as const, createdAt: began };
      const dueAt = new Date(began.getTime() + dayMs);
      await database.db.insert(reviews).values({ ...review, periodStart: began, dueAt, missedAt: ended });
    }
    const bundle = contentOf(Buffer.from((await exportEvidence(systemContext(runtime, 'test'), period)).file));
    for (const [name, ids] of [
      ['alr', bundle.alerts.map(({ id }) => id)],
      ['frz', bundle.freezes.map(({ id }) => id)],
      ['rev', bundle.reviews.map(({ id }) => id)],
    ] as const)
      expect(ids.toSorted()).toEqual(['begun', 'open', 'through'].map((id) => `${name}_${id}`));
  });

  test('over the limit is refused, not cut', async () => {
    const told: [string, number][] = [];
    const budget = createBudget((section, taken) => told.push([section, taken]), 3_000);
    const page = (after: number | undefined, limit: number) =>
      Promise.resolve(Array.from({ length: limit }, (_, n) => (after ?? 0) + n + 1));
    await expect(readAll<number>(budget, 'checks', page)).rejects.toMatchObject({ code: 'evidence_too_large' });
    expect(told).toEqual([
      ['checks', 2_000],
      ['checks', 4_000],
    ]);
  });
});

test('auditors and administrators take evidence after a late sign-in, and other people never', async () => {
  const [auditor, user] = [await addPerson(runtime, { role: 'auditor' }), await addPerson(runtime)];
  await expect(exportEvidence(user.ctx(), span())).rejects.toMatchObject({ code: 'forbidden' });
  await expect(exportEvidence(auditor.ctx(), span())).rejects.toMatchObject({ code: 'step_up_required' });
  const ctx = await signedInLately(runtime, auditor.ctx());
  await expect(exportEvidence(ctx, { from: span().to, to: span().from })).rejects.toMatchObject({
    code: 'invalid_request',
  });
  const { file: taken } = await exportEvidence(ctx, span());
  expect(verifyEvidence(Buffer.from(taken)).ok).toBe(true);
});

test('a path leads from each leaf to the root of trees of every size', () => {
  for (let size = 1; size <= 40; size++) {
    const leaves = Array.from({ length: size }, (_, n) => leafHash(String(n)));
    const tree = createInclusionTree(leaves);
    const whole = createMerkleTree();
    for (const leaf of leaves) whole.add(leaf);
    expect(tree.root()).toEqual(whole.root());
    for (const [n, leaf] of leaves.entries()) expect(rootOf(leaf, n, size, tree.path(n))).toEqual(tree.root());
    expect(rootOf(leaves[0] as Buffer, 0, size, [...tree.path(0), leaves[0] as Buffer])).not.toEqual(tree.root());
    expect(rootOf(leaves[0] as Buffer, size, size, tree.path(0))).toBeUndefined();
  }
});
