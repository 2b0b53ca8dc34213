import { sql } from 'drizzle-orm';
import { listConnections } from '#lib/connections/list';
import { vendToken } from '#lib/connections/vend-token';
import { encodeCursor } from '#lib/cursor';
import { rowsOf } from '#lib/db/database';
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
/** From three letters on; rare, common and absent. */
const searches = ['ada', 'marlow', 'grace.okafor', 'example.com', 'zzzzz'];

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
  /** By what was searched for. */
  search_p50_ms: Record<string, number>;
  /** All rounds. */
  vends: Load[];
  pages: Load[];
}

export const growth = defineBenchmark({
  about: 'vends, pages and searches as the number of connections grows, with the plans',
  full: { sizes: [1_000, 100_000, 1_000_000], connections: 32, seconds: 30, rounds: 3, searches: 20 },
  quick: { sizes: [200, 1_000], connections: 4, seconds: 2, rounds: 1, searches: 3 },
  run: async ({ sizes, connections, seconds, rounds, searches: repeats }, stage) => {
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
      const search_p50_ms = await measureSearches(database, repeats);
      found.push({ rows, vend_p50_ms: p50(vends), page_p50_ms: p50(pages), search_p50_ms, vends, pages });
    }
    const [smallest, largest] = [found[0], found.at(-1)];
    const slowest = Math.max(...Object.values(largest?.search_p50_ms ?? {}));
    const times = (field: 'vend_p50_ms' | 'page_p50_ms') =>
      rounded((largest?.[field] ?? 0) / (smallest?.[field] ?? 0), 3);
    const last = all.at(-1);
    const plans = last ? await showPlans(last.database) : {};
    return {
      tables: [
        {
          title: 'p50 in ms by the number of connections (medians)',
          columns: ['connections', 'vend', 'page', ...searches.map((text) => `search ${text}`)],
          rows: found.map(({ rows, vend_p50_ms, page_p50_ms, search_p50_ms }) => [
            rows,
            vend_p50_ms,
            page_p50_ms,
            ...searches.map((text) => search_p50_ms[text] ?? 0),
          ]),
        },
      ],
      goals: [
        atMost('vend: p50 at the largest ÷ at the smallest ≤ 1.5', times('vend_p50_ms'), 1.5),
        atMost('page: p50 at the largest ÷ at the smallest ≤ 1.5', times('page_p50_ms'), 1.5),
        atMost('search: p50 at the largest ≤ 100 ms', slowest, 100),
      ],
      results: { sizes: found, plans },
    };
  },
});

async function makeSize(stage: Stage, rows: number): Promise<Size> {
  console.log(`  filling ${rows} connections …`);
  const database = await stage.createDatabase(`rows_${rows}`, [plainRecord('http://127.0.0.1:9')]);
  const filled = await fillConnections(database.runtime, { count: rows, provider: 'acme', expiresIn: 7 * 86_400 });
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
      database.runtime.database.db.execute(sql`update connections set last_used_at = now(), last_used_by = ${service.id}
        where id = any(${sql.param(ids)}::text[])`),
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

/** Each search as an administrator does it, one after the other. */
async function measureSearches({ runtime }: BenchDatabase, repeats: number): Promise<Record<string, number>> {
  const ctx = (await addPerson(runtime, { role: 'administrator' })).ctx();
  const found: Record<string, number> = {};
  for (const query of searches) {
    const ms: number[] = [];
    for (let n = 0; n < repeats; n++) {
      const began = performance.now();
      await listConnections(ctx, { query });
      ms.push(performance.now() - began);
    }
    found[query] = rounded(median(ms));
  }
  return found;
}

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
    search: await plansOf(database, (own) => listConnections({ ...person.ctx(), ...own }, { query: searches[0] })),
  };
}

const p50 = (loads: readonly Load[]) => rounded(medianOf(loads, ({ p50_ms }) => p50_ms));

function atMost(goal: string, value: number, most: number): Goal {
  return { goal, value, reached: value <= most };
}
