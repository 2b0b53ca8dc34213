import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { checkLedger } from '#lib/audit/check-ledger';
import { pruneLedger } from '#lib/audit/prune-ledger';
import { sealLedger } from '#lib/audit/seal-ledger';
import { vendToken } from '#lib/connections/vend-token';
import { type Context, systemContext } from '#lib/context';
import { tick } from '#lib/jobs/start-jobs';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const entriesBefore = 12_000;

/** Each of the background's works that reads or changes many rows. */
const works: [string, (ctx: Context) => Promise<unknown>][] = [
  ['alerts are evaluated', (ctx) => evaluateAlerts(ctx, { now: new Date(Date.now() + 60_000) })],
  ['the ledger is sealed', (ctx) => sealLedger(ctx)],
  ['the ledger is checked', (ctx) => checkLedger(ctx)],
  ['months are pruned', (ctx) => pruneLedger(ctx, ctx.database.db)],
  ['a tick is done', (ctx) => tick(ctx)],
];

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
  });

  test.each(works)('%s', async (name, work) => {
    const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
    runtime.config.ledgerRetentionMonths = 1;
    let over = false;
    const done = work(systemContext(runtime, 'jobs')).finally(() => {
      over = true;
    });
    let vended = 0;
    while (!over) {
      await vendToken({ ...caller, ...runtime, actor: caller.actor }, { id });
      vended += 1;
    }
    await done;
    // A work of thousands of rows has dozens of pages, and a vend two statements; one that has nothing to do is over with the first vend.
    expect(vended).toBeGreaterThan(name.includes('sealed') || name.includes('evaluated') ? 4 : 0);
  });
});
