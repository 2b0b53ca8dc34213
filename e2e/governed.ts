import { type SQL, sql } from 'drizzle-orm';
import { parseConfig } from '#lib/config/config';
import { type Context, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { tick } from '#lib/jobs/start-jobs';
import { assembleRuntime } from '#lib/runtime';
import { type RunningApp, runApp } from './app-process.ts';
import { test as base, expect } from './fixtures.ts';
import { storyDatabase } from './story-database.ts';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts';

export { expect };

/** A second process of the hub on the same database, inside the story; its minutes pass when the story says so. */
export interface SecondProcess {
  /** It, asking on its own behalf. */
  ctx: Context;
  rows<Row extends Record<string, unknown>>(query: SQL): Promise<Row[]>;
  /** Lets minutes pass until the query finds a row. */
  until(query: SQL): Promise<void>;
}

export interface GovernedFixtures {
  /** Somebody's receiver, which the operator allows webhooks to. */
  hook: WebhookReceiver;
  second: SecondProcess;
}

/** Stories over a hub on PostgreSQL that runs behind a proxy, which says where a caller is. */
export const test = base.extend<object, GovernedFixtures>({
  database: [
    async ({ browserName: _ }, use) => {
      const database = await storyDatabase('postgres');
      await use(database);
      await database.close();
    },
    { scope: 'worker' },
  ],

  hook: [
    async ({ browserName: _ }, use) => {
      const hook = await startWebhookReceiver();
      await use(hook);
      await hook.close();
    },
    { scope: 'worker' },
  ],

  app: [
    async ({ database, hook }, use) => {
      const more = { TRUSTED_PROXIES: '127.0.0.1', WEBHOOK_INTERNAL_HOSTS: hook.host };
      const app = await runApp({ ...database.environment, ...more });
      await use(app);
      await app.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  second: [
    async ({ app }, use) => {
      const { process, close } = secondProcess(app);
      await use(process);
      await close();
    },
    { scope: 'worker' },
  ],
});

function secondProcess(app: RunningApp): { process: SecondProcess; close: () => Promise<void> } {
  const database = openPostgres(String(app.environment.DATABASE_URL), { max: 2 });
  const runtime = assembleRuntime(parseConfig({ ...app.environment, LOG_LEVEL: 'fatal' }), database);
  const rows: SecondProcess['rows'] = async (query) => rowsOf(await database.db.execute(query));
  const until = (query: SQL) =>
    expect
      .poll(
        async () => {
          await tick(systemContext(runtime, 'jobs'));
          return (await rows(sql`select from (${query}) found limit 1`)).length;
        },
        { timeout: 90_000, intervals: [500] },
      )
      .toBe(1);
  const close = async () => {
    await Promise.all(runtime.background);
    await database.close();
  };
  return { process: { ctx: systemContext(runtime, 'operator'), rows, until }, close };
}
