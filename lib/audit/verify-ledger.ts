import { and, asc, gt, gte, lte, sql } from 'drizzle-orm';
import { type BatchCheck, checkBatch } from '#lib/audit/check-batch';
import { checkCheckpoints, readCheckpoints } from '#lib/audit/check-checkpoints';
import { checkSeal } from '#lib/audit/check-seal';
import { type Fault, fault } from '#lib/audit/faults';
import { readRows } from '#lib/audit/read-rows';
import { readDropped, readWaiting, type SignedSeal, toSeal, type Waiting } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { ledgerLocators, ledgerSeals } from '#lib/db/schema/ledger-seals';
import { requireReader } from '#lib/guards/require';
import type { Checkpoint } from '#lib/ledger/checkpoint';
import { createSigningKeys } from '#lib/ledger/signing-keys';

const pageSeals = 500;
/** Rows that are read at once, about: small batches share a read. */
const rowsAtOnce = 10_000;
const mostFaults = 100;
/** Rows are sealed within minutes; an attacker who prevents that could go on changing them. */
const longestWaitMs = 86_400_000;

/** The finding of a check of the whole ledger. */
export interface LedgerReport {
  /** In the order of the chain; the first is the first broken place. At most a hundred. */
  faults: Fault[];
  seals: number;
  /** Rows that were compared with their seals, and rows of dropped months, of which only the seals are left. */
  rows: number;
  droppedRows: number;
  waiting: Waiting;
  lastSealedAt: Date | null;
  /** Where the chain stands; of a broken one, as far as it was read. */
  checkpoint: Checkpoint;
}

export interface VerifyLedgerInput {
  /** Signed notes, as `writeCheckpoint` made them. */
  checkpoints?: readonly string[];
  /** Ends it early, with the signal's reason. */
  signal?: AbortSignal;
}

/** Seals that share one read of rows: neighbours, together not too large. */
function* readTogether(seals: readonly SignedSeal[]): Generator<SignedSeal[]> {
  let group: SignedSeal[] = [];
  let rows = 0;
  for (const seal of seals) {
    const own = seal.parts.reduce((sum, part) => sum + part.rows, 0);
    const neighbours = group.at(-1)?.to === seal.from;
    if (group.length > 0 && (!neighbours || rows + own > rowsAtOnce)) {
      yield group;
      [group, rows] = [[], 0];
    }
    group.push(seal);
    rows += own;
  }
  if (group.length > 0) yield group;
}

async function checkRows(db: Db, group: readonly SignedSeal[]): Promise<[SignedSeal, BatchCheck][]> {
  const checks = group.map((seal): [SignedSeal, BatchCheck] => [seal, checkBatch(seal)]);
  let at = 0;
  await readRows(db, { from: group[0]?.from ?? 0, to: group.at(-1)?.to ?? 0 }, (row) => {
    while (row.xid >= (group[at]?.to ?? Number.POSITIVE_INFINITY)) at += 1;
    checks[at]?.[1].add(row);
  });
  return checks;
}

interface Checked {
  seal: SignedSeal;
  rows: number;
  droppedRows: number;
  faults: Fault[];
}

async function checkGroup(
  db: Db,
  group: readonly SignedSeal[],
  dropped: ReadonlyMap<string, number>,
): Promise<Checked[]> {
  const checks = await checkRows(db, group);
  const kept = await db
    .select()
    .from(ledgerLocators)
    .where(and(gte(ledgerLocators.n, group[0]?.n ?? 0), lte(ledgerLocators.n, group.at(-1)?.n ?? 0)));
  const locators = new Map(kept.map(({ n, prefixes }) => [n, prefixes]));
  return checks.map(([seal, check]) => {
    const isDropped = (month: string) => (dropped.get(month) ?? 0) >= seal.n;
    const gone = seal.parts.filter(({ month }) => isDropped(month));
    return {
      seal,
      rows: check.rows,
      droppedRows: gone.reduce((sum, part) => sum + part.rows, 0),
      faults: check.faults(locators.get(seal.n), isDropped),
    };
  });
}

/** A row before the first position is in no batch, and none was ever written there. */
async function findBefore(db: Db): Promise<Fault[]> {
  const rows = await db.select({ at: ledger.at, id: ledger.id }).from(ledger).where(sql`${ledger.xid} < 0`).limit(1);
  return rows.map(({ at, id }) => fault('row_inserted', { row: { at, id } }));
}

/**
 * Checks the whole chain: every seal, every row under a seal, and the checkpoints that are given. Reads everything; a
 * statement at a time, so that others are not kept waiting.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request` for a text that is no checkpoint of this ledger
 */
export async function verifyLedger(ctx: Context, input: VerifyLedgerInput = {}): Promise<LedgerReport> {
  requireReader(ctx);
  const { db } = ctx.database;
  const checkpoints = checkCheckpoints(ctx, readCheckpoints(ctx, input.checkpoints ?? []));
  const keys = createSigningKeys(ctx.config);
  const faults = await findBefore(db);
  const report = { seals: 0, rows: 0, droppedRows: 0 };
  let dropped = await readDropped(db);
  let before: SignedSeal | undefined;
  for (;;) {
    const page = await db
      .select()
      .from(ledgerSeals)
      .where(gt(ledgerSeals.n, before?.n ?? -1))
      .orderBy(asc(ledgerSeals.n))
      .limit(pageSeals);
    const seals = page.map(toSeal);
    const ofSeals = new Map<number, Fault[]>();
    for (const seal of seals) {
      ofSeals.set(seal.n, checkSeal(seal, before, keys));
      checkpoints.add(seal);
      before = seal;
    }
    for (const group of readTogether(seals)) {
      input.signal?.throwIfAborted();
      let checked = await checkGroup(db, group, dropped);
      if (checked.some((one) => one.faults.length > 0)) {
        // A month may have been dropped meanwhile: then it counts as dropped, and is not taken for deleted.
        dropped = await readDropped(db);
        checked = await checkGroup(db, group, dropped);
      }
      for (const { seal, rows, droppedRows, faults: ofRows } of checked) {
        faults.push(...(ofSeals.get(seal.n) ?? []), ...ofRows);
        report.seals += 1;
        report.rows += rows;
        report.droppedRows += droppedRows;
      }
      if (faults.length >= mostFaults) break;
    }
    if (page.length < pageSeals || faults.length >= mostFaults) break;
  }
  const waiting = await readWaiting(db, before?.to ?? 0);
  const { since } = waiting;
  if (since && ctx.now().getTime() - since.getTime() > longestWaitMs) faults.push(fault('rows_not_sealed', {}));
  faults.push(...checkpoints.faults());
  return {
    ...report,
    faults: faults.slice(0, mostFaults),
    waiting,
    lastSealedAt: before?.sealedAt ?? null,
    checkpoint: checkpoints.now(),
  };
}
