import { asc, desc, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Db, rowsOf } from '#lib/db/database';
import { ledgerSeals } from '#lib/db/schema/ledger-seals';
import type { SealStatement } from '#lib/ledger/seal-statement';

/** A seal with its signature, in base64. */
export interface SignedSeal extends SealStatement {
  signature: string;
}

const partsColumn = z.array(z.object({ month: z.string(), rows: z.int().min(0), root: z.string() }));

/** Within what a number holds exactly; no honest one lies beyond. */
const bounded = (value: number) => Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));

/**
 * A row of the table as a seal. A role that may append to it can write anything: a row that the hub did not write
 * becomes a readable seal with a signature that does not fit.
 */
export function toSeal(row: typeof ledgerSeals.$inferSelect): SignedSeal {
  const { n, fromXid, toXid, parts, ...rest } = row;
  const read = partsColumn.safeParse(parts);
  return { ...rest, n: bounded(n), from: bounded(fromXid), to: bounded(toXid), parts: read.success ? read.data : [] };
}

/** The newest seal, where there is one. */
export async function lastSeal(db: Db): Promise<SignedSeal | undefined> {
  const [row] = await db.select().from(ledgerSeals).orderBy(desc(ledgerSeals.n)).limit(1);
  return row && toSeal(row);
}

/** Entries that no seal has yet, and since when. */
export interface Waiting {
  rows: number;
  since: Date | null;
}

/** The entries that wait for a seal from a position on. */
export async function readWaiting(db: Db, from: number): Promise<Waiting> {
  const [row] = rowsOf<{ rows: number; since: number | null }>(
    await db.execute(sql`select count(*)::float8 as rows, (extract(epoch from min(at)) * 1000)::float8 as since
      from ledger where xid >= ${from}::bigint`),
  );
  return { rows: row?.rows ?? 0, since: row?.since ? new Date(row.since) : null };
}

/** The seal by which the rows of a month are gone: the number of the last one that dropped it. */
export async function readDropped(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .select({ n: ledgerSeals.n, dropped: ledgerSeals.dropped })
    .from(ledgerSeals)
    .where(sql`cardinality(${ledgerSeals.dropped}) > 0`)
    .orderBy(asc(ledgerSeals.n));
  return new Map(rows.flatMap(({ n, dropped }) => dropped.map((month) => [month, n] as const)));
}
