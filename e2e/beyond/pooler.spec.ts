import { expect, test } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { addApiKey, addConnection, addPerson, entries, rowOf } from '#tests/hub';
import { storyDatabase } from '../story-database.ts';
import { startPgbouncer } from './database-address.ts';
import { startHubs, vend } from './hubs.ts';

const poolSize = 3;

test('three processes share three connections of PgBouncer in transaction mode, from the first migration on', async () => {
  const story = await storyDatabase('postgres');
  const direct = String(story.environment.DATABASE_URL);
  const pooler = await startPgbouncer(direct, poolSize);
  try {
    const options = { count: 3, databaseUrl: pooler.url, pooler: 'transaction' } as const;
    const { hubs, provider, runtimeAt, close } = await startHubs(options);
    try {
      provider.behaviour.beforeAnswer = () => new Promise((after) => setTimeout(after, 100));
      const runtime = runtimeAt(direct);
      const { id: personId } = await addPerson(runtime);
      const { key } = await addApiKey(runtime);
      const expired: string[] = [];
      for (let n = 0; n < 10; n++) {
        const refreshToken = provider.grant();
        expired.push(await addConnection(runtime, { personId, refreshToken, expiresIn: -10, age: 3600 }));
      }
      const fresh: string[] = [];
      for (let n = 0; n < 10; n++) fresh.push(await addConnection(runtime, { personId }));

      const calls = [...expired, ...fresh].flatMap((id) => hubs.flatMap(({ url }) => Array(5).fill([url, id])));
      const answers = await Promise.all(calls.map(([url, id]) => vend(url, key, id)));

      expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
      expect(provider.requests).toBe(expired.length);
      for (const id of expired) {
        const written = (await entries(runtime, id)).map(({ action }) => action);
        expect(written.filter((action) => action === 'token.refreshed')).toHaveLength(1);
        expect(written.filter((action) => action === 'token.vended')).toHaveLength(15);
        expect((await rowOf(runtime, id)).generation).toBe(2);
      }
      for (const hub of hubs) {
        const faults = hub.log().match(/"(?:26000|42P05|08P01|34000)"|jobs_error|tick_step_failed/g);
        expect(faults).toBeNull();
      }
      await expectNothingLeft(pooler.url);
    } finally {
      await close();
    }
  } finally {
    await pooler.close();
    await story.close();
  }
});

/** The next borrower of a pooled connection finds no setting, lock or prepared statement of ours on it. */
async function expectNothingLeft(url: string): Promise<void> {
  const borrower = openPostgres(url, { max: 4 * poolSize, pooler: 'transaction' });
  const state = sql`select pg_backend_pid() as pid, (select count(*)::int from pg_prepared_statements) as prepared,
    (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
    (select json_object_agg(name, setting) from pg_settings where source = 'session'
      and name not in ('application_name', 'client_encoding', 'DateStyle', 'TimeZone')) as settings,
    pg_sleep(0.05)::text as while_others_ask`;
  const asked = Array.from({ length: 4 * poolSize }, async () => rowsOf(await borrower.db.execute(state))[0]);
  try {
    const left = await Promise.all(asked);
    expect(new Set(left.map((row) => row?.pid)).size).toBe(poolSize);
    for (const row of left) expect(row).toMatchObject({ prepared: 0, locks: 0, settings: null });
  } finally {
    await borrower.close();
  }
}

test('without the setting a process says at its start which one is missing', async () => {
  const story = await storyDatabase('postgres');
  const pooler = await startPgbouncer(String(story.environment.DATABASE_URL), poolSize);
  try {
    const started = startHubs({ count: 1, databaseUrl: pooler.url });
    await expect(started).rejects.toThrow(/"event":"not_started".*"grantkeep.faults":\["DATABASE_POOLER: /);
    await expect(started).rejects.not.toThrow(/ at .*:\d+:\d+/);
  } finally {
    await pooler.close();
    await story.close();
  }
});
