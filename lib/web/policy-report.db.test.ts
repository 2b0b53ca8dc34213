import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ledger } from '#lib/db/schema/ledger';
import { handlePolicyReport } from '#lib/web/policy-report';
import { sharedDatabase } from '#tests/database';
import { asNobody, createRuntime } from '#tests/hub';

const database = sharedDatabase();
const page = 'http://localhost:3000/connections';
let runtime: ReturnType<typeof createRuntime>;
let address = 0;

beforeEach(async () => {
  runtime = createRuntime(database.current, []);
  await runtime.refusals.flush(database.db);
});

/** Sends a report from an address of its own, so that no limit of another test counts. */
function send(body: unknown, contentType = 'application/csp-report', ip = `192.0.2.${++address}`): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': contentType };
  const request = new Request('http://localhost:3000/policy-report', { method: 'POST', headers, body: text });
  return handlePolicyReport({ ...asNobody(runtime), ip }, request);
}

async function written() {
  const before = await database.db.select({ id: ledger.id }).from(ledger);
  await runtime.refusals.flush(database.db);
  const rows = await database.db.select().from(ledger).where(eq(ledger.action, 'policy.violation_reported'));
  return rows.filter(({ id }) => !before.some((one) => one.id === id));
}

const legacy = (blocked: string, directive = 'script-src-elem', document = page) => ({
  'csp-report': { 'document-uri': document, 'blocked-uri': blocked, 'effective-directive': directive },
});
const modern = (blockedURL: string, effectiveDirective = 'script-src-elem', documentURL = page) => ({
  type: 'csp-violation',
  body: { documentURL, blockedURL, effectiveDirective },
});

describe('a report', () => {
  test.each<[string, string, string, string | null]>([
    ['inline', 'script-src-elem', page, 'script_inline'],
    ['inline', 'script-src-attr', page, 'script_inline'],
    ['eval', 'script-src', page, 'script_eval'],
    ['https://evil.example/x.js?token=canary', 'script-src-elem', page, 'script_foreign'],
    ['data', 'script-src', page, 'script_foreign'],
    ['https://evil.example/x.png', 'img-src', page, 'content_blocked'],
    ['chrome-extension', 'script-src', page, null],
    ['moz-extension://abc/x.js', 'script-src-elem', page, null],
    ['inline', 'script-src', 'https://evil.example/', null],
    ['inline', 'script-src', 'not an address', null],
  ])('of %s by %s at %s is %s, in either form', async (blocked, directive, document, code) => {
    for (const answer of [
      await send(legacy(blocked, directive, document)),
      await send([modern(blocked, directive, document)], 'application/reports+json; charset=utf-8'),
    ])
      expect(answer.status).toBe(204);
    const rows = await written();
    expect(rows.map((row) => [row.code, row.count])).toEqual(code === null ? [] : [[code, 2]]);
    expect(JSON.stringify(rows)).not.toMatch(/canary|evil|connections/);
  });

  test('of a script without integrity is one of a foreign script', async () => {
    const report = { type: 'integrity-violation', body: { documentURL: page, blockedURL: `${page}/x.js` } };
    await send([report, { ...report, type: 'deprecation' }], 'application/reports+json');
    expect((await written()).map((row) => [row.code, row.count])).toEqual([['script_foreign', 1]]);
  });

  test('is folded with others of its code and network, and a batch counts to a limit', async () => {
    await send(
      Array.from({ length: 60 }, () => modern('inline')),
      'application/reports+json',
    );
    expect(await written()).toMatchObject([
      {
        action: 'policy.violation_reported',
        code: 'script_inline',
        count: 20,
        ip: '192.0.2.0/24',
        actorType: 'anonymous',
      },
    ]);
  });

  test.each<[string, unknown, string, string]>([
    ['no JSON', '{', 'application/csp-report', 'invalid_request'],
    ['another shape', { a: 1 }, 'application/csp-report', 'invalid_request'],
    ['another type of content', legacy('inline'), 'application/json', 'invalid_request'],
    ['more than 16 KiB', legacy('x'.repeat(17_000)), 'application/csp-report', 'body_too_large'],
  ])('with %s is refused', async (_, body, contentType, code) => {
    await expect(send(body, contentType)).rejects.toMatchObject({ code });
    expect(await written()).toEqual([]);
  });

  test('is taken sixty times a minute from one address, whoever is signed in there', async () => {
    // Sixty may take a busy machine longer than a minute.
    vi.useFakeTimers({ toFake: ['Date'] });
    for (let time = 0; time < 60; time++) await send(legacy('inline'), undefined, '198.51.100.7');
    await expect(send(legacy('inline'), undefined, '198.51.100.7')).rejects.toMatchObject({ code: 'rate_limited' });
  });
});
