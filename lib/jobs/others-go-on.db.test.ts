import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { checkLedger } from '#lib/audit/check-ledger';
import { type Context, systemContext } from '#lib/context';
import { mendMoments } from '#lib/jobs/mend-moments';
import { tick, tickSteps } from '#lib/jobs/start-jobs';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { vendToken } from '#lib/tokens/vend-token';
import { keepCounts } from '#lib/vault-keys/sealed-values';
import { engine, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const entriesBefore = 12_000;
/** Of each kind that ends by itself. */
const overBefore = 10_000;

/** Every job of the background by its name: each step of a tick, and what runs beside it. */
const works: [string, (ctx: Context) => Promise<unknown>][] = [
  ['count of sealed values', (ctx) => keepCounts(ctx.database.db, ctx.vault.holds())],
  ...Object.entries(tickSteps).map(([name, work]): (typeof works)[number] => [name, (ctx) => work(ctx, undefined)]),
  ['evaluate_alerts of what is to come', (ctx) => evaluateAlerts(ctx, { now: new Date(Date.now() + 60_000) })],
  ['check_ledger to its end', (ctx) => checkLedger(ctx)],
  ['mend_moments', (ctx) => mendMoments(ctx)],
  ['refresh_due', (ctx) => refreshDueConnections(ctx)],
  ['a whole tick', (ctx) => tick(ctx)],
];

/**
 * Works of many pages: at least two vends fit beside each. Beside a work without pauses the first vend would wait until its
 * end, and there would be no second. More would be a matter of the processor. On PostgreSQL vends have connections of their own, and the shorter works may be
 * over before.
 */
const longWorks = ['evaluate_alerts of what is to come', 'seal_ledger'];
const embeddedWorks = [
  'count of sealed values',
  'purge_sessions',
  'purge_flows',
  'purge_rate_limits',
  'purge_spendings',
  'purge_webhooks',
];
const paged = new Set(engine === 'pglite' ? [...longWorks, ...embeddedWorks] : longWorks);

describe('F-09 vends go on between the pages while', () => {
  let caller: Context;
  let id: string;

  beforeAll(async () => {
    const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
    await evaluateAlerts(systemContext(runtime, 'jobs'));
    const { id: personId } = await addPerson(runtime);
    id = await addConnection(runtime, { personId });
    caller = (await addApiKey(runtime)).ctx;
    await database.db.execute(sql`insert into ledger (action, outcome, actor_type, provider, xid, at)
      select 'token.refreshed', 'ok', 'system', 'acme', ledger_position(pg_current_xact_id()) - n % 7000,
        clock_timestamp() + make_interval(secs => n / 1000.0)
      from generate_series(1, ${entriesBefore}) n`);
    for (const fill of [
      sql`insert into sessions (id_hash, public_id, person_id, created_at, expires_at)
        select 'hash' || n, 'ses_' || n, ${personId}, now() - interval '90 days', now() - interval '60 days'`,
      sql`insert into flows (id, intent, sealed, expires_at)
        select 'flow' || n, 'sign_in', 'x', now() - interval '1 hour'`,
      sql`insert into rate_limits (key, points, expire) select 'address:' || n, 1, now() - interval '2 hours'`,
      sql`insert into spendings (person_id, connection_id, provider, shown_at)
        select 'p', 'con_' || n, 'acme', now() - interval '2 hours'`,
      sql`insert into webhook_messages (id, type, payload, created_at)
        select 'msg_' || n, 'alert.opened', '{}', now() - interval '60 days'`,
    ])
      await database.db.execute(sql`${fill} from generate_series(1, ${overBefore}) n`);
  });

  test.each(works)('%s', async (name, work) => {
    const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
    runtime.config.ledgerRetentionMonths = 1;
    const vend = () => vendToken({ ...caller, ...runtime, actor: caller.actor }, { id });
    // The first of a process loads code and statements, for longer than some of the works take.
    await vend();
    let over = false;
    const done = work(systemContext(runtime, 'jobs')).finally(() => {
      over = true;
    });
    let vended = 0;
    while (!over) {
      await vend();
      vended += 1;
    }
    await done;
    // One that has nothing to do is over with the first vend.
    expect(vended).toBeGreaterThan(paged.has(name) ? 1 : 0);
  });
});
