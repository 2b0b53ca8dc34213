import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { createBatch } from '#lib/audit/batch';
import { planPages } from '#lib/audit/plan-pages';
import { pageRows, readPage } from '#lib/audit/read-rows';
import { lastSeal, type SignedSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { mayMakePartitions } from '#lib/db/partitions';
import { positionsRise, settledPosition } from '#lib/db/positions';
import { ledgerLocators, ledgerSeals } from '#lib/db/schema/ledger-seals';
import { rowEncoding } from '#lib/ledger/row-encoding';
import { encodeSeal, type SealStatement, sealHash } from '#lib/ledger/seal-statement';
import { createSigningKeys } from '#lib/ledger/signing-keys';

/** How much is sealed at once. */
export interface SealLimits {
  /** Rows of a batch, about: the rows of one transaction are never parted. */
  batchRows?: number;
  /** Batches of one call at most; the rest waits for the next. */
  batches?: number;
  /** No batch is begun once it is aborted. */
  signal?: AbortSignal | undefined;
}

/**
 * For how long it rests three times as long after each page as the page took: a busy hub's minute is mostly sealed by
 * then. Anything beyond is sealed faster, so that the sealer never falls behind.
 */
const leisurelyMs = 30_000;

/** Writes the next seal. False where another process wrote one of that number first. */
export async function appendSeal(
  tx: Db,
  ctx: Pick<Context, 'config'>,
  seal: Omit<SealStatement, 'keyId' | 'encoding'>,
  locators: Uint8Array,
): Promise<SignedSeal | undefined> {
  const keys = createSigningKeys(ctx.config);
  const statement: SealStatement = { ...seal, encoding: rowEncoding, keyId: keys.keyId };
  const signed = { ...statement, signature: keys.sign(encodeSeal(statement)).toString('base64') };
  const { from, to, parts, dropped, ...rest } = signed;
  const written = await tx
    .insert(ledgerSeals)
    .values({ ...rest, fromXid: from, toXid: to, parts: [...parts], dropped: [...dropped] })
    .onConflictDoNothing()
    .returning({ n: ledgerSeals.n });
  if (written.length === 0) return undefined;
  if (locators.length > 0) await tx.insert(ledgerLocators).values({ n: seal.n, prefixes: locators });
  return signed;
}

/** The place of a seal in the chain. */
export function placeAfter(last: SignedSeal | undefined): { n: number; from: number; previous: string } {
  return last
    ? { n: last.n + 1, from: last.to, previous: sealHash(last).toString('base64') }
    : { n: 1, from: 0, previous: '' };
}

/**
 * Seals the rows that are settled and have no seal yet, and answers how many. Any number of processes may try at once:
 * the number of a seal is unique, and who comes second leaves it at that. Rows of a transaction that is not over wait,
 * and with them all that came later, so that none is left out.
 */
export async function sealLedger(ctx: Context, given: SealLimits = {}): Promise<{ seals: number; rows: number }> {
  const { signal, ...sizes } = given;
  const limits = { batchRows: 10_000, batches: 500, ...sizes };
  const { db } = ctx.database;
  const done = { seals: 0, rows: 0 };
  const began = performance.now();
  let last = await lastSeal(db);
  const { from } = placeAfter(last);
  const settled = await settledPosition(ctx.database);
  if (settled <= from) {
    // Never seen unless somebody moved the data to another server under a running process.
    if (!(await positionsRise(db))) ctx.log.error({ event: 'ledger_positions_behind', settled, sealed_upto: from });
    return done;
  }
  await summarise(ctx);
  let batch = createBatch();
  let upto = from;
  /** False where another process sealed first. */
  const seal = async (): Promise<boolean> => {
    const next = { ...placeAfter(last), to: upto, parts: batch.parts(), dropped: [], sealedAt: ctx.now() };
    const written = await withTransaction(db, (tx) => appendSeal(tx, ctx, next, batch.locators()));
    if (!written) return false;
    last = written;
    done.seals += 1;
    done.rows += batch.rows;
    batch = createBatch();
    return true;
  };
  for await (const page of planPages(db, { from, to: settled }, Math.min(pageRows, limits.batchRows))) {
    if (signal?.aborted || done.seals >= limits.batches) return done;
    const begun = performance.now();
    await readPage(db, page, (row) => batch.add(row));
    upto = page.to;
    if (batch.rows >= limits.batchRows && !(await seal())) return done;
    const rests = begun - began < leisurelyMs ? 3 : 1;
    // Other work finds the process and the database free meanwhile.
    await sleep((performance.now() - begun) * rests);
  }
  if (batch.rows > 0 && !signal?.aborted && done.seals < limits.batches) await seal();
  return done;
}

/**
 * Brings the index of positions up to now. Each batch reads the part without a summary anew, and the server's own
 * autosummarize comes once a minute: under load, half a million rows for each ten thousand. The embedded database has
 * no process that would do it, and so neither for requests and tokens. Only an owner may; and it waits for no vacuum.
 */
async function summarise(ctx: Context): Promise<void> {
  const { db, engine } = ctx.database;
  if (engine === 'postgres' && !(await mayMakePartitions(db))) return;
  const indexes = engine === 'pglite' ? ['ledger_xid', 'ledger_sought'] : ['ledger_xid'];
  try {
    for (const index of indexes) {
      const parts = rowsOf<{ part: number }>(
        await db.execute(
          sql`select relid::oid::int8::float8 as part from pg_partition_tree(${index}::regclass) where isleaf`,
        ),
      );
      for (const { part } of parts)
        await withTransaction(db, async (tx) => {
          await tx.execute(sql`set local lock_timeout = '50ms'`);
          await tx.execute(sql`select brin_summarize_new_values(${part}::bigint::oid)`);
        });
    }
  } catch (err) {
    // Sealing takes longer then, and is as right.
    ctx.log.debug({ event: 'ledger_not_summarised', err });
  }
}
