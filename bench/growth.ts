import { mkdirSync, writeFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { listAlerts } from '#lib/alerts/list';
import { type CountConnectionsInput, countConnections } from '#lib/connections/count';
import { countByProvider } from '#lib/connections/count-by-provider';
import { listConnections } from '#lib/connections/list';
import type { Context } from '#lib/context';
import { encodeCursor } from '#lib/cursor';
import { rowsOf } from '#lib/db/database';
import { readLastDay } from '#lib/overview/last-day';
import { listNeeds } from '#lib/overview/needs';
import { vendToken } from '#lib/tokens/vend-token';
import { addApiKey, addPerson, plainRecord } from '#tests/hub';
import { randomFrom } from '#tests/random';
import { defineBenchmark, type Goal } from './benchmark.ts';
import { type Filled, fillConnections } from './fill.ts';
import { plansOf } from './plans.ts';
import { needBuild, startHub } from './processes.ts';
import type { BenchDatabase, Stage } from './stage.ts';
import { median, medianOf, rotated, rounded, shuffled } from './statistics.ts';
import { type CallerRequest, type Load, load, needWrk, type Requests, vendRequest, writeRequests } from './wrk.ts';

/** Vends are asked of so many connections of each size, and pages of so many places. */
const sampleSize = 20_000;
/** What an administrator's list is narrowed to, each with the list's first page and with its count. */
const narrowed = {
  everything: {},
  'search: one person': { query: '.123@' },
  'search: 1 of 100': { query: 'grace.okafor' },
  'search: 1 of 10': { query: 'ada' },
  'search: all': { query: 'example.com' },
  'search: none': { query: 'zzzzz' },
  'a provider': { provider: 'acme' },
  'an e-mail': { email: 'ada.marlow.0@example.com' },
  connected: { status: 'connected' },
  'refresh due': { status: 'refresh_due' },
  'needs reconnect': { status: 'needs_reconnect' },
  frozen: { status: 'frozen' },
  revoked: { status: 'revoked' },
  'revoked, search: 1 of 10': { status: 'revoked', query: 'ada' },
} as const satisfies Record<string, CountConnectionsInput>;
type Narrowed = keyof typeof narrowed;
const names = Object.keys(narrowed) as Narrowed[];
/** Narrowed in one way; two ways at once have to be intersected, and are shown without a goal. */
const inOneWay = names.filter((name) => !name.includes(','));

/** The parts of an administrator's first page, each of which is sent when it has been read. */
const overview = {
  'what needs a person': listNeeds,
  'alerts under way': (ctx: Context) => listAlerts(ctx, { state: 'live', limit: 5 }),
  'the last day': readLastDay,
  'connections by provider and status': countByProvider,
} as const satisfies Record<string, (ctx: Context) => Promise<unknown>>;
type Part = keyof typeof overview;
const parts = Object.keys(overview) as Part[];

interface Size {
  rows: number;
  database: BenchDatabase;
  vends: Requests;
  pages: Requests;
  /** Notes a use of each sampled connection now, so that no vend of the next minute has to, whatever the size. */
  noteUse(): Promise<unknown>;
}

interface Found {
  rows: number;
  vend_p50_ms: number;
  page_p50_ms: number;
  list_p50_ms: Record<Narrowed, number>;
  count_p50_ms: Record<Narrowed, number>;
  /** What was counted, with a plus beyond the cap. */
  counted: Record<Narrowed, string>;
  overview_p50_ms: Record<Part, number>;
  /** All rounds. */
  vends: Load[];
  pages: Load[];
}

export const growth = defineBenchmark({
  about: 'vends, pages, searches and counts as the number of connections grows, with the plans',
  full: { sizes: [1_000, 100_000, 1_000_000], connections: 32, seconds: 30, rounds: 3, repeats: 20 },
  quick: { sizes: [200, 1_000], connections: 4, seconds: 2, rounds: 1, repeats: 3 },
  run: async ({ sizes, connections, seconds, rounds, repeats }, stage) => {
    await needWrk();
    await needBuild();
    const all: Size[] = [];
    for (const rows of sizes as readonly number[]) all.push(await makeSize(stage, rows));
    const loads = new Map(all.map(({ rows }) => [rows, { vends: [] as Load[], pages: [] as Load[] }]));
    for (const { vends, pages } of all) {
      for (const requests of [vends, pages]) await load(requests, { connections, seconds: Math.ceil(seconds / 3) });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { rows, vends, pages, noteUse } of rotated(all, round)) {
        await noteUse();
        loads.get(rows)?.vends.push(await load(vends, { connections, seconds }));
        loads.get(rows)?.pages.push(await load(pages, { connections, seconds }));
        console.log(`  round ${round + 1}, ${rows} connections`);
      }
    }
    const found: Found[] = [];
    for (const { rows, database } of all) {
      const { vends = [], pages = [] } = loads.get(rows) ?? {};
      console.log(`  lists and counts, ${rows} connections`);
      const lists = await measureLists(database, repeats);
      found.push({ rows, vend_p50_ms: p50(vends), page_p50_ms: p50(pages), ...lists, vends, pages });
    }
    const [smallest, largest, last] = [found[0], found.at(-1), all.at(-1)];
    if (!smallest || !largest || !last) throw new Error('Growth needs sizes.');
    console.log('  plans');
    const plans = await showPlans(last.database);
    writePlans(plans);
    const times = (field: 'vend_p50_ms' | 'page_p50_ms') => rounded(largest[field] / smallest[field], 3);
    const searches = names.filter((name) => name.startsWith('search'));
    const slowest = (of: Record<Narrowed, number>, among: readonly Narrowed[]) =>
      Math.max(...among.map((name) => of[name]));
    const byRows = (title: string, field: 'list_p50_ms' | 'count_p50_ms') => ({
      title,
      columns: ['narrowed to', ...found.map(({ rows }) => String(rows)), 'counted'],
      rows: names.map((name) => [name, ...found.map((size) => size[field][name]), largest.counted[name]]),
    });
    return {
      tables: [
        {
          title: 'p50 in ms by the number of connections (medians), through the machine API under load',
          columns: ['connections', 'vend', 'page'],
          rows: found.map(({ rows, vend_p50_ms, page_p50_ms }) => [rows, vend_p50_ms, page_p50_ms]),
        },
        byRows('The first page of an administrator’s list: p50 in ms by the number of connections', 'list_p50_ms'),
        byRows('Its count, up to 10,000: p50 in ms by the number of connections', 'count_p50_ms'),
        {
          title: 'The administrator’s first page by its parts: p50 in ms by the number of connections',
          columns: ['part', ...found.map(({ rows }) => String(rows))],
          rows: parts.map((part) => [part, ...found.map(({ overview_p50_ms }) => overview_p50_ms[part])]),
        },
      ],
      goals: [
        atMost('vend: p50 at the largest ÷ at the smallest ≤ 1.5', times('vend_p50_ms'), 1.5),
        atMost('page: p50 at the largest ÷ at the smallest ≤ 1.5', times('page_p50_ms'), 1.5),
        atMost('search: slowest p50 at the largest ≤ 100 ms', slowest(largest.list_p50_ms, searches), 100),
        atMost('count: slowest p50 at the largest ≤ 100 ms', slowest(largest.count_p50_ms, inOneWay), 100),
        atMost('overview: slowest part’s p50 ≤ 100 ms', Math.max(...Object.values(largest.overview_p50_ms)), 100),
        atMost('filter: slowest p50 at the largest ≤ 100 ms', slowest(largest.list_p50_ms, inOneWay), 100),
      ],
      results: { sizes: found, plans },
    };
  },
});

async function makeSize(stage: Stage, rows: number): Promise<Size> {
  const began = performance.now();
  console.log(`  filling ${rows} connections …`);
  const database = await stage.createDatabase(`rows_${rows}`, [plainRecord('http://127.0.0.1:9')]);
  const filled = await fillConnections(database.runtime, {
    count: rows,
    provider: 'acme',
    expiresIn: 7 * 86_400,
    endedEvery: 100,
  });
  console.log(`  filled ${rows} connections in ${Math.round((performance.now() - began) / 1000)} s`);
  const service = await addApiKey(database.runtime, { scopes: ['tokens:vend', 'connections:read'] });
  const { key } = service;
  const sample = shuffled(filled, randomFrom(1)).slice(0, sampleSize);
  const hub = await startHub(stage, database);
  const write = (name: string, requests: CallerRequest[]) =>
    writeRequests(stage.folder, `${name}-${rows}`, hub.url, requests);
  const ids = sample.map(({ id }) => id);
  return {
    rows,
    database,
    noteUse: () =>
      database.runtime.database.db.execute(sql`insert into connection_uses
        select person_id, id, now(), ${service.id} from connections where id = any(${sql.param(ids)}::text[])
        on conflict (person_id, connection_id) do update set last_used_at = now()`),
    vends: write(
      'vends',
      sample.map(({ id }) => vendRequest(id, key)),
    ),
    pages: write('pages', await pageRequests(database, sample, key)),
  };
}

/** Pages of the list that begin after connections from all over it, the oldest among them. */
async function pageRequests(
  { runtime }: BenchDatabase,
  sample: readonly Filled[],
  key: string,
): Promise<CallerRequest[]> {
  const ids = sample.slice(0, 1_000).map(({ id }) => id);
  const rows = rowsOf<{ id: string; at: string }>(
    await runtime.database.db.execute(sql`
      select id, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
      from connections where id = any(${sql.param(ids)}::text[])`),
  );
  return rows.map(({ id, at }) => ({
    method: 'GET',
    path: `/api/v1/connections?limit=50&cursor=${encodeCursor({ at, id, sort: 'newest' })}`,
    headers: { authorization: `Bearer ${key}` },
  }));
}

type Measured = Pick<Found, 'list_p50_ms' | 'count_p50_ms' | 'counted' | 'overview_p50_ms'>;

/**
 * Each list and its count, and each part of the overview, as an administrator's page asks for them, one after the other;
 * the first time is not counted.
 */
async function measureLists({ runtime }: BenchDatabase, repeats: number): Promise<Measured> {
  const ctx = (await addPerson(runtime, { role: 'administrator' })).ctx();
  const time = async (work: () => Promise<unknown>) => {
    await work();
    const ms: number[] = [];
    for (let n = 0; n < repeats; n++) {
      const began = performance.now();
      await work();
      ms.push(performance.now() - began);
    }
    return rounded(median(ms));
  };
  const found = { list_p50_ms: {}, count_p50_ms: {}, counted: {}, overview_p50_ms: {} } as Measured;
  for (const name of names) {
    found.list_p50_ms[name] = await time(() => listConnections(ctx, narrowed[name]));
    found.count_p50_ms[name] = await time(() => countConnections(ctx, narrowed[name]));
    const { count, capped } = await countConnections(ctx, narrowed[name]);
    found.counted[name] = `${count.toLocaleString('en-US')}${capped ? '+' : ''}`;
  }
  for (const part of parts) found.overview_p50_ms[part] = await time(() => overview[part](ctx));
  return found;
}

/** By what was asked for, the plans of the statements that it sent. */
async function showPlans(database: BenchDatabase): Promise<Record<string, string[]>> {
  const { runtime } = database;
  const person = await addPerson(runtime, { role: 'administrator' });
  const service = await addApiKey(runtime);
  const { items } = await listConnections(person.ctx(), { sort: 'oldest', limit: 2 });
  const [first, second] = items;
  if (!first || !second) throw new Error('There are no connections to explain.');
  const cursor = encodeCursor({ at: second.createdAt.toISOString(), id: second.id, sort: 'oldest' });
  return {
    vend: await plansOf(database, (own) => vendToken({ ...service.ctx, ...own }, { id: first.id })),
    page: await plansOf(database, (own) => listConnections({ ...person.ctx(), ...own }, { sort: 'oldest', cursor })),
    ...(await plansOfLists(database, person.ctx())),
  };
}

async function plansOfLists(database: BenchDatabase, ctx: Context): Promise<Record<string, string[]>> {
  const plans: Record<string, string[]> = {};
  for (const name of names) {
    plans[`list, ${name}`] = await plansOf(database, (own) => listConnections({ ...ctx, ...own }, narrowed[name]));
    plans[`count, ${name}`] = await plansOf(database, (own) => countConnections({ ...ctx, ...own }, narrowed[name]));
  }
  return plans;
}

/** The plans to read, beside the result file that has them too. */
function writePlans(plans: Record<string, string[]>): void {
  const file = 'bench/results/growth-plans.txt';
  mkdirSync('bench/results', { recursive: true });
  const sections = Object.entries(plans).map(([name, texts]) => `== ${name}\n\n${texts.join('\n\n')}\n`);
  writeFileSync(file, sections.join('\n'));
  console.log(`  ${file} is written.`);
}

const p50 = (loads: readonly Load[]) => rounded(medianOf(loads, ({ p50_ms }) => p50_ms));

function atMost(goal: string, value: number, most: number): Goal {
  return { goal, value, reached: value <= most };
}
