import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sealLedger } from '#lib/audit/seal-ledger';
import { systemContext } from '#lib/context';
import { alerts, eventTotals } from '#lib/db/schema/alerts';
import { checkResults } from '#lib/db/schema/checks';
import { record } from '#lib/ledger/record';
import { metricsListener } from '#lib/metrics/metrics-listener';
import { alertClock, raisedBy } from '#tests/alerts';
import { sharedDatabase, withDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();
const rulesFile = fileURLToPath(new URL('../../deploy/prometheus-alerts.yml', import.meta.url));
const token = 'a-token-of-at-least-32-characters-in-all';

beforeAll(async () => {
  await database.db
    .insert(eventTotals)
    .values({ action: 'token.refreshed', outcome: 'ok', provider: 'acme', total: 42 });
  const openedAt = new Date();
  await database.db.insert(alerts).values({
    id: 'alr_a',
    rule: 'refresh_token_theft',
    subject: 'acme',
    severity: 'critical',
    value: 1,
    peak: 1,
    count: 1,
    openedAt,
    heldAt: openedAt,
  });
});

async function ask(
  options: { token?: string; secure?: boolean; headers?: Record<string, string>; method?: string } = {},
) {
  const plain = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const runtime = {
    ...plain,
    config: { ...plain.config, metricsToken: options.token, secure: options.secure ?? false },
  };
  const server = createServer(metricsListener(() => runtime));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const { method = 'GET', headers = {} } = options;
    request({ port, host: '127.0.0.1', path: '/metrics', method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    })
      .on('error', reject)
      .end();
  });
}

test('the numbers are those of the ledger and of the alerts', async () => {
  const { status, text } = await ask();
  expect(status).toBe(200);
  expect(text).toContain('grantkeep_events_total{action="token.refreshed",outcome="ok",provider="acme"} 42');
  expect(text).toContain('grantkeep_alerts{rule="refresh_token_theft",severity="critical",state="open"} 1');
  expect(text).toContain('grantkeep_alerts{rule="ledger_broken",severity="critical",state="open"} 0');
});

test('asked again, the counters are not added up', async () => {
  await database.db.update(eventTotals).set({ total: 43 });
  const runtime = createRuntime(database.current, []);
  const { metricsOf } = await import('#lib/metrics/collect');
  await metricsOf(runtime).metrics();
  expect(await metricsOf(runtime).metrics()).toContain('provider="acme"} 43');
});

test('the seals lag by the oldest entry that came after the newest of them, and a check that fails shows', () =>
  withDatabase(async (own) => {
    const { db } = own;
    const runtime = createRuntime(own, [plainRecord('http://127.0.0.1:1')]);
    const { metricsOf } = await import('#lib/metrics/collect');
    const lag = async () => /^grantkeep_seals_lag_seconds (\S+)$/m.exec(await metricsOf(runtime).metrics())?.[1];
    expect(await lag()).toBe('0');
    const ctx = systemContext(runtime, 'test');
    await record(db, ctx, { action: 'connection.named' });
    await sealLedger(ctx);
    await db.execute(sql`update ledger_seals set sealed_at = now() - interval '1 hour'`);
    await db.execute(sql`update ledger set at = now() - interval '2 hours'`);
    expect(await lag()).toBe('0');
    await record(db, ctx, { action: 'connection.named' });
    await db.execute(sql`update ledger set at = now() - interval '20 minutes' where at > now() - interval '1 hour'`);
    expect(Math.round(Number(await lag()) / 60)).toBe(20);
    // A seal of a clock that was ahead would hide all that comes.
    await db.execute(sql`update ledger_seals set sealed_at = now() + interval '1 hour'`);
    expect(await lag()).toBe('+Inf');

    const at = new Date();
    const about = { run: 'r', checkId: 'https_endpoints', provider: 'acme', lookedAt: 'x', found: 'x', at, since: at };
    await db.insert(checkResults).values({ ...about, result: 'fails' });
    const text = await metricsOf(runtime).metrics();
    expect(text).toContain('grantkeep_check_failing{check="https_endpoints",provider="acme"} 1');
    expect(text).toContain('grantkeep_check_failing{check="own_certificate",provider=""} 0');
  }));

describe('who may read', () => {
  test.each<[what: string, options: Parameters<typeof ask>[0], status: number]>([
    ['this machine, where no token is set', {}, 200],
    ['this machine by another name', { headers: { host: 'localhost:3000' } }, 200],
    ['a page whose name leads to this machine', { headers: { host: 'evil.example' } }, 404],
    ['anybody behind a proxy on this machine', { headers: { 'x-forwarded-for': '203.0.113.9' } }, 404],
    ['anybody behind a proxy that writes the standard header', { headers: { forwarded: 'for=203.0.113.9' } }, 404],
    ['a hub that others reach, without a token, also where its proxy says nothing of itself', { secure: true }, 404],
    [
      'a hub that others reach, with its token',
      { secure: true, token, headers: { authorization: `Bearer ${token}` } },
      200,
    ],
    ['who shows the token', { token, headers: { authorization: `Bearer ${token}` } }, 200],
    [
      'who shows the token, through a proxy',
      { token, headers: { authorization: `bearer ${token}`, 'x-forwarded-for': '203.0.113.9' } },
      200,
    ],
    ['who shows another', { token, headers: { authorization: `Bearer ${token}x` } }, 404],
    ['who shows none, although on this machine', { token }, 404],
    ['who posts', { method: 'POST' }, 405],
  ])('%s', async (_, options, status) => {
    expect((await ask(options)).status).toBe(status);
  });
});

describe('the rules for Prometheus', () => {
  const text = readFileSync(rulesFile, 'utf8');
  const expressions = [...text.matchAll(/expr: (?:>-\n((?: {10}.*\n)+)|(.*))/g)].map(
    ([, folded, plain]) => folded ?? plain ?? '',
  );

  test('name nothing that /metrics does not say', async () => {
    const { text: metrics } = await ask();
    const known = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const named = expressions.flatMap((expression) => expression.match(/grantkeep_\w+/g) ?? []);
    expect(expressions).toHaveLength(text.match(/- alert:/g)?.length ?? 0);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('name labels and values that there are', async () => {
    const { text: metrics } = await ask();
    for (const [, label, value] of text.matchAll(/(severity|state)="(\w+)"/g))
      expect(metrics, `${label}=${value}`).toContain(`${label}="${value}"`);
    const { ledgerActions } = await import('#lib/ledger/actions');
    for (const [, action] of text.matchAll(/action="([\w.]+)"/g)) expect(Object.keys(ledgerActions)).toContain(action);
  });
});

test('an entry that was read shows in the counters', async () => {
  const runtime = createRuntime(database.current, []);
  const clock = alertClock(runtime);
  await clock.evaluate(0);
  await clock.happened(1, { action: 'connection.created', provider: 'other' }, 3);
  await clock.evaluate(2);
  const { metricsOf } = await import('#lib/metrics/collect');
  expect(await metricsOf(runtime).metrics()).toContain('{action="connection.created",outcome="ok",provider="other"} 3');
});

test('every process says the same of the hub', async () => {
  const { metricsOf } = await import('#lib/metrics/collect');
  const [one, other] = [createRuntime(database.current, []), createRuntime(database.current, [])];
  const ofHub = async (runtime: typeof one) =>
    (await metricsOf(runtime).metrics())
      .split('\n')
      .filter((line) => /^grantkeep_(events|alerts\{|webhook)/.test(line));
  const said = await ofHub(one);
  expect(said.length).toBeGreaterThan(5);
  expect(await ofHub(other)).toEqual(said);
});

test('what callers make up becomes no series', async () => {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  await database.db.delete(eventTotals);
  const visitor = new Visitor(runtime);
  await raisedBy(runtime, async () => {
    for (let n = 0; n < 20; n++) {
      await visitor.start({ intent: 'sign_in', provider: `made-up-${n}` });
      await visitor.callback(
        `${runtime.config.appUrl.origin}/oauth/callback?code=x&state=${n}&iss=https://${n}.example`,
      );
    }
  });
  const series = await database.db.select().from(eventTotals);
  expect(series.reduce((sum, { total }) => sum + total, 0)).toBeGreaterThanOrEqual(20);
  expect(new Set(series.map(({ provider }) => provider))).toEqual(new Set(['']));
});
