import { hash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';

/**
 * Locks for a read and the change after it, where no single row stands for both. PostgreSQL knows such locks by number
 * alone.
 */
const locks = {
  people: 7_301_733,
  webhooks: 7_301_734,
  alert_rules: 7_301_735,
  checks: 7_301_736,
  vault_keys: 7_301_737,
  reviews: 7_301_738,
  person_mails: 7_301_739,
  configuration: 7_301_740,
} as const;
/** Locks with a name of their own. */
const named = 7_301_750;

/** Waits until no other transaction holds the lock of that name, and holds it until this one ends. */
export async function lockFor(tx: Db, name: keyof typeof locks): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${locks[name]}::int)`);
}

/** The same for one thing of many. Two names may share a lock, which makes one of them wait for no reason. */
export async function lockForName(tx: Db, name: string): Promise<void> {
  const number = hash('sha256', name, 'buffer').readInt32BE();
  await tx.execute(sql`select pg_advisory_xact_lock(${named}::int, ${number}::int)`);
}
