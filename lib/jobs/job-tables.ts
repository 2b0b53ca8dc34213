import type { PGlite } from '@electric-sql/pglite';
import { fromPglite, PgBoss } from 'pg-boss';

/** The queue whose jobs are minutes: what is due is said by our own rows, pg-boss only wakes one process to look. */
export const tickQueue = 'tick';
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

/** Makes the job tables and the queue, as the owner. */
export async function installJobTables(url: string): Promise<void> {
  const boss = createBoss({ url }, true);
  boss.on('error', () => {});
  await boss.start();
  try {
    await boss.createQueue(tickQueue, { policy: 'short' });
  } finally {
    await boss.stop({ graceful: false });
  }
}
