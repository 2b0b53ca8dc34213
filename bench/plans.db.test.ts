import { expect, test } from 'vitest';
import { listLedger } from '#lib/audit/list-ledger';
import { systemContext } from '#lib/context';
import { settledPosition } from '#lib/db/positions';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord } from '#tests/hub';
import { plansOf } from './plans.ts';

describeWithConnections('the plans of what the product reads', () => {
  const database = sharedDatabase();

  test('are those of its own statements, by the query builder and raw', async () => {
    const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
    const plans = await plansOf({ runtime, url: database.current.url ?? '' }, async (watched) => {
      await listLedger(systemContext(watched, 'test'), { apiKeyId: 'key_1' });
      await settledPosition(watched.database);
    });
    expect(plans[0]).toContain('ledger');
    expect(plans[1]).toContain('pg_snapshot_xip');
    for (const plan of plans) expect(plan).toMatch(/actual time/);
  });
});
