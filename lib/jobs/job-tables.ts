import type { PGlite } from '@electric-sql/pglite';
import { fromPglite, PgBoss } from 'pg-boss';

/** The queue whose jobs are minutes: what is due is said by our own rows, pg-boss only wakes one process to look. */
export const tickQueue = 'tick';
/** Its minutes wake one process after another to refresh what is due: while a round lasts, the next one helps. */
export const refreshQueue = 'refresh';
const schema = 'pgboss';

/** pg-boss over our database. `mayCreate` lets it make its tables: the owner's role only. */
export function createBoss(where: { url: string } | { pglite: PGlite }, mayCreate: boolean): PgBoss {
  const shared = { schema, migrate: mayCreate, createSchema: mayCreate, persistWarnings: false };
  if ('pglite' in where) return new PgBoss({ ...shared, db: fromPglite(where.pglite), backend: 'pglite' });
  return new PgBoss({
    ...shared,
    connectionString: where.url,
    max: 2,
    application_name: 'grantkeep jobs',
    reindex: mayCreate,
  });
}

/** Makes the queues. Of a queue's minutes at most one waits: those that nobody took do not pile up. */
export async function createQueues(boss: PgBoss): Promise<void> {
  for (const queue of [tickQueue, refreshQueue]) await boss.createQueue(queue, { policy: 'short' });
}

/** Makes the job tables and the queues, as the owner. */
export async function installJobTables(url: string): Promise<void> {
  const boss = createBoss({ url }, true);
  boss.on('error', () => {});
  await boss.start();
  try {
    await createQueues(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
}
