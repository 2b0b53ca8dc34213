import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { systemContext } from '#lib/context';
import { rowsOf, withTransaction } from '#lib/db/database';
import { eventTotals } from '#lib/db/schema/alerts';
import { record } from '#lib/ledger/record';
import { alertHub, reachingNow } from '#tests/alerts';
import { describeWithConnections } from '#tests/database';

const { database, hub } = alertHub();

describeWithConnections('entries of transactions that commit in any order, while alerts are looked at', () => {
  test('are each read once, and none is missed', async () => {
    const runtime = hub();
    const ctx = systemContext(runtime, 'jobs');
    // Looks reach up to the present, as they would without the seconds that are left for a machine that stands still.
    const look = () => evaluateAlerts(ctx, { now: reachingNow(200) });
    await look();
    let writing = true;
    const write = async () => {
      for (let n = 0; n < 12; n++) {
        await withTransaction(database.db, async (tx) => {
          await record(tx, ctx, { action: 'token.refreshed', provider: 'acme' });
          // The order in which they commit is another one than that of their times.
          await setTimeout(randomInt(0, 200));
          await record(tx, ctx, { action: 'token.refreshed', provider: 'acme' });
        });
      }
    };
    let looks = 0;
    let readWhileWriting = 0;
    const looking = (async () => {
      while (writing) {
        await look();
        looks += 1;
        const [row] = rowsOf<{ total: number }>(
          await database.db.execute(sql`select coalesce(sum(total), 0)::int as total from event_totals`),
        );
        readWhileWriting = row?.total ?? 0;
      }
    })();
    await Promise.all([1, 2, 3, 4, 5, 6].map(write));
    writing = false;
    await looking;
    await evaluateAlerts(ctx, { now: new Date(Date.now() + 60_000) });
    expect(await database.db.select().from(eventTotals)).toMatchObject([{ action: 'token.refreshed', total: 144 }]);
    // Else it would say nothing of what happens in between.
    expect(looks).toBeGreaterThan(3);
    expect(readWhileWriting).toBeGreaterThan(0);
  });
});
