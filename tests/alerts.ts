import { sql } from 'drizzle-orm';
import { beforeEach } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { type Runtime, systemContext } from '#lib/context';
import { alertCounts, alertProgress, alerts, eventTotals, keyNetworks } from '#lib/db/schema/alerts';
import { ledger } from '#lib/db/schema/ledger';
import type { LedgerAction } from '#lib/ledger/actions';
import { sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord, settle } from '#tests/hub';

type Entry = Partial<typeof ledger.$inferInsert> & { action: LedgerAction };

/** A hub with a ledger that the test writes, and alerts that it looks at by its own clock, in minutes. */
export function alertClock(runtime: Runtime, start = new Date('2026-11-22T12:00:00Z')) {
  const at = (minute: number) => new Date(start.getTime() + minute * 60_000);
  return {
    at,
    /** Looks as the tick of that minute would; entries of the last seconds before it have not settled. */
    evaluate: (minute: number) => evaluateAlerts(systemContext(runtime, 'jobs'), { now: at(minute) }),
    /** Puts like entries into the ledger as of that minute. */
    async happened(minute: number, entry: Entry, times = 1): Promise<void> {
      const row = { outcome: 'ok', actorType: 'system', actorId: 'test', ...entry, at: at(minute) } as const;
      await runtime.database.db.insert(ledger).values(Array.from({ length: times }, () => row));
    },
    /** The alerts, oldest first: rule, subject, state. */
    async alerts() {
      const rows = await runtime.database.db.select().from(alerts).orderBy(alerts.openedAt, alerts.rule);
      return rows.map(({ rule, subject, state }) => `${rule} ${subject || 'hub'} ${state}`);
    },
  };
}

/**
 * A moment at which a look reaches every entry that there is by now: entries count as settled some seconds later
 * (`settled-horizon.ts`), and the database rounds their times up to the next millisecond.
 * @param back leaves out the entries of so many milliseconds before now
 */
export const reachingNow = (back = 0): Date => new Date(Date.now() + 5_000 + 2 - back);

/**
 * What happens in earnest while `act` runs, as the alerts that it raises: rule and subject.
 * @param minutes after it at which is looked
 */
export async function raisedBy(runtime: Runtime, act: () => Promise<unknown>, minutes = 1): Promise<string[]> {
  const { db } = runtime.database;
  for (const table of [alerts, alertCounts, alertProgress, keyNetworks]) await db.delete(table);
  const look = (now: Date) => evaluateAlerts(systemContext(runtime, 'jobs'), { now });
  // Earlier events are no news.
  await look(reachingNow());
  await act();
  await settle(runtime);
  await runtime.refusals.flush(db);
  await look(new Date(Date.now() + minutes * 60_000));
  const found = await db.select().from(alerts).orderBy(alerts.rule, alerts.subject);
  return found.map(({ rule, subject }) => `${rule} ${subject || 'hub'}`);
}

/** A database that the tests of a file share, in which each finds no alerts and an empty ledger, and hubs on it. */
export function alertHub() {
  const database = sharedDatabase();
  beforeEach(async () => {
    const { db } = database;
    for (const table of [alerts, alertCounts, alertProgress, keyNetworks, eventTotals]) await db.delete(table);
    // The ledger cannot be emptied by the product; the test may.
    await db.execute(sql`delete from ledger`);
  });
  return { database, hub: () => createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]) };
}

/** The entry of a token that a key read from an address. */
export const readBy = (key: string, ip: string, details: Entry['details'] = {}) =>
  ({ action: 'token.vended', apiKeyId: key, provider: 'acme', ip, details }) as const;
