import { desc, lt } from 'drizzle-orm';
import { z } from 'zod';
import { newestChecks } from '#lib/audit/check-proof';
import { checkFailed, checkFailedSentence, type FaultKind, faultSentences } from '#lib/audit/faults';
import { type LedgerKeyView, listLedgerKeys } from '#lib/audit/list-ledger-keys';
import { lastSeal, readWaiting, toSeal, type Waiting } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import type { Page } from '#lib/cursor';
import { ledgerSeals } from '#lib/db/schema/ledger-seals';
import { requireReader } from '#lib/guards/require';
import { sealHash } from '#lib/ledger/seal-statement';
import { parseInput } from '#lib/parse-input';

export const listSealsInput = z.object({
  /** The number of the last seal of the page before. */
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .optional(),
  limit: z.int().min(1).max(200).default(50),
});

/** A seal as its page shows it. */
export interface SealView {
  n: number;
  sealedAt: Date;
  rows: number;
  months: string[];
  /** Months that were dropped with this seal. */
  dropped: string[];
  keyId: string;
  /** The hash that the next seal names, in base64. */
  hash: string;
}

/** The seals, newest first. @throws AppError `unauthenticated`, `forbidden`, `invalid_request` */
export async function listSeals(ctx: Context, input: z.input<typeof listSealsInput> = {}): Promise<Page<SealView>> {
  requireReader(ctx);
  const { cursor, limit } = parseInput(listSealsInput, input);
  const rows = await ctx.database.db
    .select()
    .from(ledgerSeals)
    .where(cursor ? lt(ledgerSeals.n, Number(cursor)) : undefined)
    .orderBy(desc(ledgerSeals.n))
    .limit(limit + 1);
  const items = rows.slice(0, limit).map((row): SealView => {
    const seal = toSeal(row);
    return {
      n: seal.n,
      sealedAt: seal.sealedAt,
      rows: seal.parts.reduce((sum, part) => sum + part.rows, 0),
      months: seal.parts.map(({ month }) => month),
      dropped: [...seal.dropped],
      keyId: seal.keyId,
      hash: sealHash(seal).toString('base64'),
    };
  });
  return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.n) : null };
}

/** The finding of the ledger's last check. */
export interface LastCheck {
  at: Date;
  ok: boolean;
  /** The fault at the first broken place, and where that is. */
  fault: { kind: string; sentence: string; place: string } | null;
  seals: number;
  rows: number;
  checkpoints: number;
}

/** How the ledger stands. */
export interface SealStatus {
  lastSeal: { n: number; sealedAt: Date } | null;
  waiting: Waiting;
  lastCheck: LastCheck | null;
  keys: LedgerKeyView[];
}

/**
 * How the last check of the ledger ended; null before any. That all is well counts by a key of ours alone, and by the
 * moment that it signed.
 */
export async function readLastCheck(ctx: Pick<Context, 'config' | 'database'>): Promise<LastCheck | null> {
  const checks = await newestChecks(ctx, ctx.database.db);
  const row = checks.find(({ outcome, provedAt }) => outcome !== 'ok' || provedAt);
  if (!row) return null;
  const { seals, rows, checkpoints, place } = row.details;
  const kind = row.code ?? 'unknown';
  const sentence = kind === checkFailed ? checkFailedSentence : (faultSentences[kind as FaultKind] ?? kind);
  return {
    at: row.provedAt ?? row.at,
    ok: row.outcome === 'ok',
    fault: row.outcome === 'ok' ? null : { kind, sentence, place: String(place ?? '') },
    seals: Number(seals ?? 0),
    rows: Number(rows ?? 0),
    checkpoints: Number(checkpoints ?? 0),
  };
}

/** How far the ledger is sealed, and what its last check found. @throws AppError `unauthenticated`, `forbidden` */
export async function readSealStatus(ctx: Context): Promise<SealStatus> {
  requireReader(ctx);
  const { db } = ctx.database;
  const last = await lastSeal(db);
  return {
    lastSeal: last ? { n: last.n, sealedAt: last.sealedAt } : null,
    waiting: await readWaiting(db, last?.to ?? 0),
    lastCheck: await readLastCheck(ctx),
    keys: listLedgerKeys(ctx),
  };
}
