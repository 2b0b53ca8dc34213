import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { apiKeys } from '#lib/db/schema/api-keys';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, plainRecord, settle } from '#tests/hub';

const database = sharedDatabase();

test('tokens that are read in earnest raise what the ledger says of them', async () => {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const jobs = systemContext(runtime, 'jobs');
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId });
  const roaming = await addApiKey(runtime);
  const watched = await addApiKey(runtime);
  const denied = await addApiKey(runtime);
  for (const [key, ipRule] of [
    [watched, 'alert'],
    [denied, 'deny'],
  ] as const) {
    await database.db
      .update(apiKeys)
      .set({ ipRanges: ['198.51.100.0/24'], ipRule })
      .where(eq(apiKeys.id, key.id));
  }
  const start = Date.now();
  // Each look lies far enough behind what was read for it to have settled.
  const look = (minutes: number) => evaluateAlerts(jobs, { now: new Date(start + minutes * 60_000) });
  const read = (key: typeof roaming, ip: string) => vendToken({ ...key.ctx, ip }, { id });
  await evaluateAlerts(jobs, { now: new Date(start - 60_000) });
  await read(roaming, '198.51.100.7');
  await read(watched, '198.51.100.7');
  await look(1);
  expect(await database.db.select().from(alerts)).toEqual([]);
  // New reads carry the database's own time, which lies before that look: the cursor goes back for the test.
  await database.db.execute('update alert_progress set read_to = clock_timestamp()');
  await read(roaming, '203.0.113.9');
  await read(watched, '203.0.113.9');
  await expect(read(denied, '203.0.113.9')).rejects.toMatchObject({ code: 'ip_not_allowed' });
  await settle(runtime);
  await look(2);
  const found = await database.db.select().from(alerts).orderBy(alerts.rule, alerts.subject);
  const expected = [
    { rule: 'new_network', subject: roaming.id },
    { rule: 'unexpected_address', subject: watched.id },
    { rule: 'unexpected_address', subject: denied.id },
  ].toSorted((a, b) => a.rule.localeCompare(b.rule) || (a.subject < b.subject ? -1 : 1));
  expect(found.map(({ rule, subject }) => ({ rule, subject }))).toEqual(expected);
});
