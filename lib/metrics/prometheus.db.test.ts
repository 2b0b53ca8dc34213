import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventTotals } from '#lib/db/schema/alerts';
import { metricsListener } from '#lib/metrics/metrics-listener';
import { protectionOf } from '#lib/provider-calls/protections';
import { findPrometheus } from '#scripts/promtool';
import { sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const database = sharedDatabase();
const rulesFile = join(import.meta.dirname, '../../deploy/prometheus-alerts.yml');
const dashboard = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../deploy/grafana-dashboard.json'), 'utf8'),
) as {
  panels: { title: string; targets?: { expr: string }[] }[];
  templating: { list: { name: string; definition?: string }[] };
};
const targets = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

/** One of each kind of event that the dashboard draws. */
const events = [
  ['token.vended', 'ok'],
  ['token.denied', 'refused'],
  ['token.denied', 'failed'],
  ['token.refreshed', 'ok'],
  ['token.refresh_failed', 'failed'],
  ['connection.created', 'ok'],
  ['connection.revoked', 'ok'],
  ['connection.needs_reconnect', 'failed'],
] as const;

let programs: { prometheus: string; promtool: string } | undefined;
beforeAll(async () => {
  const [prometheus, promtool] = [await findPrometheus('prometheus'), await findPrometheus('promtool')];
  programs = prometheus && promtool ? { prometheus, promtool } : undefined;
});

/** What a query of Grafana is once its variables are filled in. */
const filledIn = (expression: string) => expression.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*');

describe('Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-prometheus-'));
  let ask: ((path: string) => Promise<{ data: Record<string, unknown> }>) | undefined;
  let end = async () => {};

  beforeAll(async () => {
    if (!programs) return;
    await database.db
      .insert(eventTotals)
      .values(events.map(([action, outcome]) => ({ action, outcome, provider: 'acme', total: 7 })));
    const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
    protectionOf(runtime, { provider: 'acme', host: '127.0.0.1:1' });
    const hub = createServer(metricsListener(() => runtime));
    await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
    const { port } = hub.address() as AddressInfo;
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [rulesFile],
      scrape_configs: [{ job_name: 'grantkeep', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
    };
    // Its configuration is YAML, of which JSON is a part.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const child = spawn(
      programs.prometheus,
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        '--web.listen-address=127.0.0.1:0',
        '--log.format=json',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const address = new Promise<string>((resolve, reject) => {
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        const found = /"Listening on","address":"(127[^"]+)"|"address":"(127[^"]+)"[^}]*"Listening on"/.exec(log);
        if (found) resolve(found[1] ?? found[2] ?? '');
      });
      child.once('exit', () => reject(new Error(`Prometheus ended: ${log}`)));
    });
    end = async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      hub.close();
    };
    const host = await address;
    ask = async (path) => (await fetch(`http://${host}${path}`)).json() as Promise<{ data: Record<string, unknown> }>;
  });
  afterAll(async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  });

  const seriesOf = async (expression: string): Promise<unknown[]> => {
    const answer = await ask?.(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    return answer?.data.result as unknown[];
  };

  test('answers each query of the dashboard with series', async (context) => {
    expect(targets.length).toBeGreaterThan(20);
    if (!programs) return void context.annotate('Prometheus is not installed and cannot be');
    // Two looks at the hub: one alone has no rate.
    await vi.waitFor(async () => expect(await seriesOf('rate(process_cpu_seconds_total[1m])')).not.toEqual([]), {
      timeout: 60_000,
      interval: 500,
    });
    const empty: string[] = [];
    for (const { title, expr } of targets) {
      const series = await seriesOf(filledIn(expr));
      if (!Array.isArray(series) || series.length === 0) empty.push(`${title}: ${expr}`);
    }
    expect(empty).toEqual([]);
    const { data } = (await ask?.('/api/v1/label/job/values')) ?? {};
    expect(data).toEqual(['grantkeep']);
  });

  test('tells each background job from the others, and evaluates every rule', async (context) => {
    if (!programs) return void context.annotate('Prometheus is not installed and cannot be');
    await vi.waitFor(
      async () => expect((await seriesOf('min by (name) (grantkeep_job_age_seconds)')).length).toBeGreaterThan(1),
      {
        timeout: 60_000,
        interval: 500,
      },
    );
    const health = async () => {
      const answer = await ask?.('/api/v1/rules');
      const groups = (answer?.data.groups ?? []) as { rules: { name: string; health: string }[] }[];
      return groups.flatMap(({ rules }) => rules).map(({ name, health }) => [name, health]);
    };
    const names = [...readFileSync(rulesFile, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => [name, 'ok']);
    await vi.waitFor(async () => expect(await health()).toEqual(names), { timeout: 60_000, interval: 500 });
  });
});

/** Series a minute apart, and the alert that fires of them after a quarter of an hour. */
const fires: [alert: string, series: Record<string, string>, labels: Record<string, string>][] = [
  [
    'GrantkeepReadsFail',
    {
      'grantkeep_events_total{action="token.vended", outcome="ok", provider="acme", instance="a"}': '0+90x60',
      'grantkeep_events_total{action="token.denied", outcome="failed", provider="acme", instance="a"}': '0+10x60',
    },
    {},
  ],
  ['GrantkeepKeyMissing', { 'grantkeep_sealed_rows_key_missing{key="k1"}': '3x60' }, { key: 'k1' }],
  ['GrantkeepSealsLagBehind', { grantkeep_seals_lag_seconds: '700x60' }, {}],
  [
    'GrantkeepCertificateEnds',
    { 'grantkeep_check_failing{check="https_endpoints", provider="acme"}': '1x60' },
    { check: 'https_endpoints', provider: 'acme' },
  ],
  [
    'GrantkeepRefreshesFail',
    {
      'grantkeep_events_total{action="token.refreshed", outcome="ok", provider="acme"}': '0+10x60',
      'grantkeep_events_total{action="token.refresh_failed", outcome="failed", provider="acme"}': '0+10x60',
    },
    { provider: 'acme' },
  ],
  [
    'GrantkeepJobLate',
    {
      'grantkeep_job_age_seconds{name="tick", job="hub"}': '900x60',
      'grantkeep_job_age_seconds{name="refresh", job="hub"}': '5x60',
    },
    { name: 'tick' },
  ],
];

test.each(fires)('the rule %s fires, and is silent without its fault', async (alert, series, labels) => {
  if (!programs) return;
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-rules-'));
  const firing = { alertname: alert, alertstate: 'firing', ...labels };
  const selected = Object.entries(firing).map(([name, value]) => `${name}="${value}"`);
  const counted = (value: number) => [
    {
      eval_time: '40m',
      expr: `count(ALERTS{${selected.join()}}) or vector(0)`,
      exp_samples: [{ labels: '{}', value }],
    },
  ];
  const inputs = (valuesOf: (values: string) => string) =>
    Object.entries(series).map(([name, values]) => ({ series: name, values: valuesOf(values) }));
  const tests = {
    rule_files: [rulesFile],
    evaluation_interval: '1m',
    tests: [
      { interval: '1m', input_series: inputs((values) => values), promql_expr_test: counted(1) },
      { interval: '1m', input_series: inputs(() => '0x60'), promql_expr_test: counted(0) },
    ],
  };
  const file = join(folder, 'tests.yml');
  writeFileSync(file, JSON.stringify(tests));
  const { stdout } = await promisify(execFile)(programs.promtool, ['test', 'rules', file]);
  expect(stdout).toContain('SUCCESS');
  rmSync(folder, { recursive: true });
});

test('the rules are valid to promtool', async (context) => {
  if (!programs) return void context.annotate('promtool is not installed and cannot be');
  const { stdout } = await promisify(execFile)(programs.promtool, ['check', 'rules', rulesFile]);
  expect(stdout).toContain('SUCCESS');
});

test('the dashboard names nothing that /metrics does not say', async () => {
  const { metricsOf } = await import('#lib/metrics/collect');
  const text = await metricsOf(createRuntime(database.current, [plainRecord('http://127.0.0.1:1')])).metrics();
  const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const queries = [
    ...targets.map(({ expr }) => expr),
    ...dashboard.templating.list.map(({ definition }) => definition ?? ''),
  ];
  const named = queries.flatMap((query) => query.match(/\b(?:grantkeep|process|nodejs)_\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
