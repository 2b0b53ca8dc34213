import { asc, desc, gt, lte } from 'drizzle-orm';
import { ledgerOrigin } from '#lib/audit/check-checkpoints';
import { checkSeal } from '#lib/audit/check-seal';
import type { FaultKind } from '#lib/audit/faults';
import { readDropped, toSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { ledgerSeals } from '#lib/db/schema/ledger-seals';
import { requireReader } from '#lib/guards/require';
import type { SealPart } from '#lib/ledger/seal-statement';
import { createSigningKeys } from '#lib/ledger/signing-keys';

/** Seals of one answer. */
const sealsAtOnce = 500;

/** A seal for comparing a file with it. */
export interface StatedSeal {
  n: number;
  from: number;
  to: number;
  sealed_at: string;
  parts: readonly SealPart[];
  /** Months of it of which the ledger has no rows any more. */
  dropped: string[];
  /** The first fault of the seal itself; null where the hub's own key signed it and it follows from the one before. */
  fault: FaultKind | null;
}

/**
 * The seals after a number, each tried by itself and against the one before.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function readSeals(ctx: Context, after: number): Promise<{ origin: string; seals: StatedSeal[] }> {
  requireReader(ctx);
  const { db } = ctx.database;
  const keys = createSigningKeys(ctx.config);
  const dropped = await readDropped(db);
  const [last] = await db
    .select()
    .from(ledgerSeals)
    .where(lte(ledgerSeals.n, after))
    .orderBy(desc(ledgerSeals.n))
    .limit(1);
  const rows = await db
    .select()
    .from(ledgerSeals)
    .where(gt(ledgerSeals.n, after))
    .orderBy(asc(ledgerSeals.n))
    .limit(sealsAtOnce);
  let before = last && toSeal(last);
  const seals = rows.map(toSeal).map((seal) => {
    const [fault] = checkSeal(seal, before, keys);
    before = seal;
    const gone = seal.parts.map(({ month }) => month).filter((month) => (dropped.get(month) ?? 0) >= seal.n);
    const { n, from, to, parts, sealedAt } = seal;
    return { n, from, to, sealed_at: sealedAt.toISOString(), parts, dropped: gone, fault: fault?.kind ?? null };
  });
  return { origin: ledgerOrigin(ctx), seals };
}
