import { join } from 'node:path';
import { eq, type SQL, sql } from 'drizzle-orm';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { checkLedger } from '#lib/audit/check-ledger';
import { exportLedger } from '#lib/audit/export-ledger';
import { sealLedger } from '#lib/audit/seal-ledger';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { startBulkRevocation } from '#lib/bulk-revocation/start';
import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { foldConnectionCounts } from '#lib/connections/count-by-provider';
import { type Context, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { migrateEmbedded } from '#lib/db/migrate';
import { type EmbeddedDatabase, openEmbedded } from '#lib/db/open';
import { connections } from '#lib/db/schema/connections';
import { tickSteps } from '#lib/jobs/start-jobs';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { workRevocations } from '#lib/revocation/work-revocations';
import { createWebhook } from '#lib/webhooks/create';
import { addPerson, createRuntime, plainRecord } from '#tests/hub';
import { startRevocationServer } from '#tests/servers/revocation-server';
import { defineBenchmark } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { startProvider, writeGrant } from './provider.ts';
import { rounded } from './statistics.ts';

/** Milliseconds for which the embedded database's one connection may be held at a time. */
const mostMs = 50;

interface Holds {
  count: number;
  longestMs: number;
  /** Of the processor's time alone: what else runs on the machine does not count. */
  longestProcessorMs: number;
  longest: string;
}

/** Watches how long each statement, or transaction, holds the connection. Answers what takes the figures since the last time. */
function watchHolds({ pglite }: EmbeddedDatabase): () => Holds {
  const none = (): Holds => ({ count: 0, longestMs: 0, longestProcessorMs: 0, longest: '' });
  let holds = none();
  let statement = '';
  const processorMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const exclusive = pglite._runExclusiveTransaction.bind(pglite);
  pglite._runExclusiveTransaction = (body) =>
    exclusive(async () => {
      const began = { at: performance.now(), processor: processorMs() };
      try {
        return await body();
      } finally {
        const took = { at: performance.now() - began.at, processor: processorMs() - began.processor };
        holds.count += 1;
        holds.longestMs = Math.max(holds.longestMs, took.at);
        if (took.processor > holds.longestProcessorMs) {
          holds.longestProcessorMs = took.processor;
          holds.longest = statement;
        }
      }
    });
  const raw = pglite.execProtocolRawSync.bind(pglite);
  pglite.execProtocolRawSync = (message) => {
    // A `Parse` holds the text of a statement (PostgreSQL's protocol, 55.7).
    if (message[0] === 0x50) statement = Buffer.from(message).toString('utf8', 5).replaceAll('\0', ' ').trim();
    return raw(message);
  };
  return () => {
    const taken = holds;
    holds = none();
    return taken;
  };
}

/** Inserts so many rows of each kind that have ended. */
const past = (rows: number): SQL[] => [
  sql`insert into sessions (id_hash, public_id, person_id, created_at, expires_at)
    select 'hash' || n, 'ses_' || n, (select min(id) from people), now() - interval '90 days', now() - interval '60 days'
    from generate_series(1, ${rows}) n`,
  sql`insert into flows (id, intent, sealed, expires_at)
    select 'flow' || n, 'sign_in', repeat('x', 800), now() - interval '1 hour' from generate_series(1, ${rows}) n`,
  sql`insert into rate_limits (key, points, expire)
    select 'address:' || n, 1, now() - interval '2 hours' from generate_series(1, ${rows}) n`,
  sql`insert into flow_traces (id, person_id, provider, sealed, expires_at)
    select 'trc_' || n, 'per_x', 'acme', repeat('x', 4000), now() - interval '1 hour' from generate_series(1, ${rows} / 10) n`,
  sql`insert into webhook_messages (id, type, payload, created_at)
    select 'msg_' || n, 'alert.opened', '{}', now() - interval '60 days' from generate_series(1, ${rows}) n`,
  sql`insert into connection_counts (provider, status, change)
    select 'acme', 'connected', 1 from generate_series(1, ${rows}) n`,
];

/** Entries that no seal has and no rule has read, of the minutes to come, so that alerts read them as new. */
const entries = (rows: number) => sql`insert into ledger (action, outcome, actor_type, api_key_id, provider, xid, at)
  select case n % 3 when 0 then 'token.refreshed' else 'token.vended' end, 'ok',
    case n % 3 when 0 then 'system' else 'api_key' end, case n % 3 when 0 then null else 'key_' || n % 20 end, 'acme',
    ledger_position(pg_current_xact_id()) - n % 7000, clock_timestamp() + make_interval(secs => n / 1000.0)
  from generate_series(1, ${rows}) n`;

/** Values in the form of earlier builds, which say where they lie and not where they may go. */
async function unbind(ctx: Context, rows: number): Promise<void> {
  const { db } = ctx.database;
  const column = 'connections.access_token';
  const found = await db
    .select({ id: connections.id })
    .from(connections)
    .where(eq(connections.provider, 'old'))
    .limit(rows);
  for (const { id } of found)
    await db
      .update(connections)
      .set({ accessToken: await ctx.vault.seal('at', { row: id, column }) })
      .where(eq(connections.id, id));
}

/** Tokens of an hour that end in a minute and were just read, so that the round of refreshes takes them. */
const due: SQL[] = [
  sql`update connections set access_token_issued_at = now() - interval '59 minutes' where provider = 'due'`,
  sql`insert into connection_uses (person_id, connection_id, last_used_at, last_used_by)
    select person_id, id, now(), 'key_x' from connections where provider = 'due'`,
];

/** Messages to a receiver that takes none of them. */
const messages = (endpointId: string, rows: number): SQL[] => [
  sql`insert into webhook_messages (id, type, payload, created_at)
    select 'due_' || n, 'alert.opened', '{}', now() from generate_series(1, ${rows}) n`,
  sql`insert into webhook_deliveries (message_id, endpoint_id, next_attempt_at, created_at)
    select 'due_' || n, ${endpointId}, now() - interval '1 minute', now() from generate_series(1, ${rows}) n`,
];

/** A bulk revocation from its list to the last answer of the provider. */
async function revokeAll(ctx: Context): Promise<void> {
  const operator = systemContext(ctx, 'operator');
  const { id, total } = await prepareBulkRevocation(operator, { provider: 'gone' });
  await startBulkRevocation(operator, { id, reason: 'measured', expected: total });
  await workBulkRevocations(ctx);
  await workRevocations(ctx);
  await Promise.all(ctx.background);
}

/** Every row of a page after the other, as an export sends them. */
async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

/** What runs in the background, and an export, beside the ticks' own steps. */
const works = (rows: number): Record<string, (ctx: Context) => Promise<unknown>> => ({
  ...tickSteps,
  work_bulk_revocations: revokeAll,
  evaluate_alerts: (ctx) => evaluateAlerts(ctx, { now: new Date(Date.now() + rows) }),
  seal_ledger: (ctx) => sealLedger(ctx),
  check_ledger: (ctx) => checkLedger(ctx),
  fold_connection_counts: foldConnectionCounts,
  refresh_due: (ctx) => refreshDueConnections(ctx),
  export_ledger: async (ctx) =>
    drain(await exportLedger({ ...ctx, now: () => new Date(Date.now() + rows) }, { format: 'csv' })),
});

export const background = defineBenchmark({
  about: 'how long each job of the background holds the embedded database’s one connection at a time',
  full: { entries: 100_000, rows: 20_000, connections: 5_000, of_each: 500 },
  quick: { entries: 5_000, rows: 1_000, connections: 200, of_each: 50 },
  run: async (size, stage) => {
    const database = await openEmbedded(join(stage.folder, 'data'));
    stage.onClose(() => database.close());
    await migrateEmbedded(database);
    const provider = await startProvider(stage, { id: 'due', latencyMs: 5 });
    const gone = await startRevocationServer();
    stage.onClose(() => gone.close());
    const nowhere = 'http://127.0.0.1:9';
    const runtime = createRuntime(database, [
      plainRecord(nowhere),
      plainRecord(nowhere, 'old'),
      plainRecord(gone.issuer, 'gone'),
      provider.record,
    ]);
    const ctx = systemContext(runtime, 'jobs');
    await addPerson(runtime);
    await evaluateAlerts(ctx);
    await fillConnections(runtime, { count: size.connections, provider: 'acme', expiresIn: 86_400 });
    const [few, day] = [size.of_each, 86_400];
    await fillConnections(runtime, { count: few, provider: 'old', expiresIn: day });
    await fillConnections(runtime, { count: few, provider: 'gone', expiresIn: day });
    const refreshToken = (grant: number) => writeGrant('refresh', { grant, generation: 0 });
    await fillConnections(runtime, { count: few, provider: 'due', expiresIn: 60, refreshToken });
    await unbind(ctx, few);
    runtime.config.webhookInternalHosts = ['127.0.0.1:9'];
    runtime.config.webhookInternalHosts = ['127.0.0.1:9'];
    const operator = systemContext(runtime, 'operator');
    const { id: hook } = await createWebhook(operator, { name: 'nobody', url: `${nowhere}/hook` });
    for (const fill of [...past(size.rows), ...messages(hook, few), ...due]) await database.db.execute(fill);
    await database.db.execute(entries(size.entries));
    // A hub does so each minute. Only here do so many entries come at once.
    for (const { part } of rowsOf<{ part: string }>(
      await database.db.execute(sql`select relid::regclass::text as part from pg_partition_tree('ledger_xid'::regclass)
        where isleaf union all select relid::regclass::text from pg_partition_tree('ledger_sought'::regclass) where isleaf`),
    ))
      await database.db.execute(sql`select brin_summarize_new_values(${part}::regclass)`);
    await database.db.execute(sql`analyze`);
    const take = watchHolds(database);
    const held: Record<string, Holds> = {};
    for (const [name, work] of Object.entries(works(size.entries))) {
      take();
      await work(ctx);
      const taken = take();
      held[name] = taken;
      if (taken.longestProcessorMs > mostMs) console.log(`${name}: ${taken.longest}`);
    }
    const longest = Math.max(...Object.values(held).map((one) => one.longestProcessorMs));
    return {
      tables: [
        {
          title: `How long each job holds the embedded database at a time, over ${size.entries} entries`,
          columns: ['job', 'holds', 'longest ms', 'of the processor ms'],
          rows: Object.entries(held).map(([name, one]) => [
            name,
            one.count,
            rounded(one.longestMs),
            rounded(one.longestProcessorMs),
          ]),
        },
      ],
      goals: [
        {
          goal: `the longest hold, of the processor ≤ ${mostMs} ms`,
          value: rounded(longest),
          reached: longest <= mostMs,
        },
      ],
      results: { held },
    };
  },
});
