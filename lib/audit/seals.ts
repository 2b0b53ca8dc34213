import { desc } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { ledgerSeals } from '#lib/db/schema/ledger-seals';
import type { SealStatement } from '#lib/ledger/seal-statement';

/** A seal with its signature, in base64. */
export interface SignedSeal extends SealStatement {
  signature: string;
}

/** What a row of the table says. */
export function toSeal(row: typeof ledgerSeals.$inferSelect): SignedSeal {
  const { fromXid: from, toXid: to, ...rest } = row;
  return { ...rest, from, to };
}

/** The newest seal, where there is one. */
export async function lastSeal(db: Db): Promise<SignedSeal | undefined> {
  const [row] = await db.select().from(ledgerSeals).orderBy(desc(ledgerSeals.n)).limit(1);
  return row && toSeal(row);
}
