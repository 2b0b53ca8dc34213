import { sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';

/**
 * Locks for a read and the change after it, where no single row stands for both. PostgreSQL knows such locks by number
 * alone.
 */
const locks = { people: 7_301_733, webhooks: 7_301_734, alert_rules: 7_301_735 } as const;

/** Waits until no other transaction holds the lock of that name, and holds it until this one ends. */
export async function lockFor(tx: Db, name: keyof typeof locks): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${locks[name]}::int)`);
}
