import { monitorEventLoopDelay } from 'node:perf_hooks';
import { sql } from 'drizzle-orm';
import { exportFormats } from '#lib/audit/export-ledger';
import { type ListLedgerInput, listLedger } from '#lib/audit/list-ledger';
import { sealLedger } from '#lib/audit/seal-ledger';
import { verifyLedger } from '#lib/audit/verify-ledger';
import { type Context, systemContext } from '#lib/context';
import { encodeCursor } from '#lib/cursor';
import { type Db, rowsOf } from '#lib/db/database';
import { handleLedgerExport } from '#lib/web/ledger-files';
import { plainRecord } from '#tests/hub';
import { defineBenchmark, type Goal } from './benchmark.ts';
import { plansOf } from './plans.ts';
import { median, rounded } from './statistics.ts';

/** Entries of one statement, as vends of the same moment share commits. */
const together = 250;

/** The filters of the list: frequent, rare and absent values. */
const narrowed = {
  everything: {},
  'a person': { personId: 'per_0000000000000007' },
  'a frequent key': { apiKeyId: 'key_1' },
  'a key used once in 50,000': { apiKeyId: 'key_rare' },
  'a provider': { provider: 'acme' },
  'a provider nobody has': { provider: 'none' },
  'a frequent action': { action: 'token.vended' },
  'a rare action': { action: 'api_key.created' },
  'refused ones': { outcome: 'refused' },
  'an address seen once in 50,000': { ip: '198.51.100.1' },
  'a token’s fingerprint': { fingerprint: 'bm90LXRoZXJl' },
  'a request’s reference': { requestId: 'req_not-there' },
} as const satisfies Record<string, ListLedgerInput>;

/** Fills the ledger with entries of vends and a few rare ones. */
export async function fillLedger(db: Db, rows: number): Promise<void> {
  for (let from = 0; from < rows; from += together) {
    await db.execute(sql`insert into ledger (at, action, outcome, actor_type, actor_id, person_id, connection_id, provider,
        api_key_id, ip, request_id, details)
      select clock_timestamp(),
        case when n % 50000 = 1 then 'api_key.created' else 'token.vended' end,
        case when n % 1000 = 1 then 'refused' else 'ok' end, 'api_key',
        case when n % 50000 = 2 then 'key_rare' else 'key_' || n % 20 end,
        'per_' || lpad((n % 250000)::text, 16, '0'), 'con_' || lpad((n % 1000000)::text, 32, '0'), 'acme',
        case when n % 50000 = 2 then 'key_rare' else 'key_' || n % 20 end,
        case when n % 50000 = 3 then '198.51.100.1' else '203.0.113.' || n % 250 end, 'req_' || n,
        jsonb_build_object('scopes', jsonb_build_array('read', 'write'), 'fingerprint', encode(sha256(n::text::bytea), 'base64'))
      from generate_series(${from}::int, ${Math.min(rows, from + together) - 1}::int) as n`);
  }
  await db.execute(sql`analyze ledger`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const from = performance.now();
  const result = await work();
  return { ms: performance.now() - from, result };
}

async function listMs(ctx: Context, input: ListLedgerInput, repeats: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < repeats; n++) times.push((await timed(() => listLedger(ctx, input))).ms);
  return median(times);
}

interface Exported {
  ms: number;
  megabytes: number;
  /** The longest that other work of the process had no turn. */
  longest_pause_ms: number;
}

/** Takes the whole ledger as a file, as a browser would. */
async function exported(ctx: Context, format: string): Promise<Exported> {
  const { origin } = ctx.config.appUrl;
  const pauses = monitorEventLoopDelay({ resolution: 1 });
  pauses.enable();
  const { ms, result: bytes } = await timed(async () => {
    const asked = { method: 'POST', headers: { origin }, body: new URLSearchParams({ format }) };
    const answer = await handleLedgerExport(ctx, new Request(`${origin}/admin/ledger/export`, asked));
    if (answer.status !== 200 || !answer.body) throw new Error(`the export answered ${answer.status}`);
    let length = 0;
    for await (const chunk of answer.body) length += chunk.byteLength;
    return length;
  });
  pauses.disable();
  return { ms: rounded(ms), megabytes: rounded(bytes / 1e6), longest_pause_ms: rounded(pauses.max / 1e6) };
}

/** The cursor of a place in the middle of the ledger. */
async function deepCursor(db: Db): Promise<string> {
  const [row] = rowsOf<{ at: number; id: number }>(
    await db.execute(sql`select (extract(epoch from at) * 1000)::float8 as at, id::float8 as id from ledger
      where id = (select (min(id) + max(id)) / 2 from ledger)`),
  );
  return encodeCursor({ at: new Date(row?.at ?? 0).toISOString(), id: String(row?.id ?? 0), sort: 'newest' });
}

export const ledger = defineBenchmark({
  about: 'sealing and verifying the ledger, and its pages, at a million entries',
  full: { rows: 1_000_000, repeats: 20 },
  quick: { rows: 20_000, repeats: 3 },
  run: async ({ rows, repeats }, stage) => {
    const database = await stage.createDatabase('ledger', [plainRecord('http://127.0.0.1:9')]);
    const { db } = database.runtime.database;
    const ctx = systemContext(database.runtime, 'bench');
    await fillLedger(db, rows);
    const sealing = await timed(() => sealLedger(ctx));
    if (sealing.result.rows !== rows) throw new Error(`${sealing.result.rows} of ${rows} rows were sealed`);
    const nothing = await timed(() => sealLedger(ctx));
    const verifying = await timed(() => verifyLedger(ctx));
    if (verifying.result.faults.length > 0) throw new Error('the ledger is broken');
    const cursor = await deepCursor(db);
    const lists: Record<string, number> = {};
    for (const [name, filter] of Object.entries(narrowed)) lists[name] = await listMs(ctx, filter, repeats);
    lists['everything, from the middle on'] = await listMs(ctx, { cursor }, repeats);
    const files: Record<string, Exported> = {};
    for (const format of exportFormats) files[format] = await exported(ctx, format);
    const plans: Record<string, string[]> = {};
    for (const [name, filter] of Object.entries(narrowed)) {
      plans[name] = await plansOf(database, (runtime) => listLedger(systemContext(runtime, 'bench'), filter));
    }
    const perSecond = (ms: number) => rounded((rows / ms) * 1000);
    const shallow = lists.everything ?? 0;
    const deep = lists['everything, from the middle on'] ?? 0;
    const goals: Goal[] = [
      {
        goal: 'entries sealed a second, at least 12,000',
        value: perSecond(sealing.ms),
        reached: rows / sealing.ms >= 12,
      },
      {
        goal: 'a page in the middle to the first one, at most 2',
        value: rounded(deep / shallow),
        reached: deep <= 2 * shallow,
      },
    ];
    return {
      tables: [
        {
          title: `The chain over ${rows} entries`,
          columns: ['', 'entries a second', 'ms'],
          rows: [
            ['sealing', perSecond(sealing.ms), rounded(sealing.ms)],
            ['verifying', perSecond(verifying.ms), rounded(verifying.ms)],
            ['sealing nothing', '', rounded(nothing.ms)],
          ],
        },
        {
          title: 'The whole as a file',
          columns: ['format', 'seconds', 'entries a second', 'MB', 'longest pause of the process, ms'],
          rows: Object.entries(files).map(([format, { ms, megabytes, longest_pause_ms }]) => [
            format,
            rounded(ms / 1000),
            perSecond(ms),
            megabytes,
            longest_pause_ms,
          ]),
        },
        {
          title: 'A page of 50 entries, median',
          columns: ['narrowed to', 'ms'],
          rows: Object.entries(lists).map(([name, ms]) => [name, rounded(ms)]),
        },
      ],
      goals,
      results: { sealing_ms: sealing.ms, verifying_ms: verifying.ms, list_p50_ms: lists, files, plans },
    };
  },
});
