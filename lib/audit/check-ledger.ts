import { newestChecks, proofOfCheck } from '#lib/audit/check-proof';
import { checkFailed, type Fault } from '#lib/audit/faults';
import { lastSeal } from '#lib/audit/seals';
import { type LedgerReport, type VerifyLedgerInput, verifyLedger } from '#lib/audit/verify-ledger';
import { type Context, isDatabaseUnavailable } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { mayPass } from '#lib/db/may-pass';
import { isAppError } from '#lib/errors';
import { writeCheckpoint } from '#lib/ledger/checkpoint';
import { record } from '#lib/ledger/record';
import { encodeSeal } from '#lib/ledger/seal-statement';
import { createSigningKeys } from '#lib/ledger/signing-keys';

const dayMs = 86_400_000;
const leewayMs = 60_000;

/** The place of a fault in words for a program: `seal=7 month=2026-11 row=1234`. */
function placeText({ seal, month, row, checkpoint }: Fault): string {
  const parts = { seal, month, row: row?.id ?? null, checkpoint };
  return Object.entries(parts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

interface Outcome {
  outcome: 'ok' | 'failed';
  code: string | null;
  seals: number;
  rows: number;
}

/** Writes down how a check ended, signed: who can write to the database must not be able to say that all is well. */
async function recordCheck(ctx: Context, ended: Outcome, more: Record<string, string | number> = {}): Promise<void> {
  const { db } = ctx.database;
  const { outcome, code, seals, rows } = ended;
  const proof = proofOfCheck(ctx, { ...ended, checkedAt: await databaseNow(db) });
  await record(db, ctx, { action: 'ledger.verified', outcome, code, details: { seals, rows, ...more, ...proof } });
}

/** Whether a check failed for what says nothing of the ledger: the next one will tell. */
const saysNothing = (error: unknown, signal: AbortSignal | undefined) =>
  isAppError(error) || signal?.aborted === true || isDatabaseUnavailable(error) || mayPass(error);

/**
 * Verifies, and records a ledger that cannot be read: an attacker who can write to the database must not be able to
 * keep all checks from their end, and so from being heard of.
 */
async function verifyOrTell(ctx: Context, input: VerifyLedgerInput): Promise<LedgerReport> {
  try {
    return await verifyLedger(ctx, input);
  } catch (error) {
    if (!saysNothing(error, input.signal)) {
      ctx.log.error({ event: 'ledger_check_failed', err: error });
      await recordCheck(ctx, { outcome: 'failed', code: checkFailed, seals: 0, rows: 0 });
    }
    throw error;
  }
}

/**
 * Verifies the ledger and records what was found, so that pages and alerts can tell.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function checkLedger(ctx: Context, input: VerifyLedgerInput = {}): Promise<LedgerReport> {
  const report = await verifyOrTell(ctx, input);
  const [first] = report.faults;
  if (first) ctx.log.error({ event: 'ledger_broken', kind: first.kind, place: placeText(first) });
  // Logs are usually kept elsewhere, and so is this, then.
  else {
    ctx.log.info({
      event: 'ledger_checkpoint',
      note: writeCheckpoint(report.checkpoint, createSigningKeys(ctx.config)),
    });
  }
  const { seals, rows, faults } = report;
  await recordCheck(
    ctx,
    { outcome: first ? 'failed' : 'ok', code: first?.kind ?? null, seals, rows },
    {
      faults: faults.length,
      checkpoints: input.checkpoints?.length ?? 0,
      ...(first ? { place: placeText(first) } : {}),
    },
  );
  return report;
}

/**
 * Whether the end of the chain was forged in our name, which costs nothing to ask each minute. One by a key that this
 * process does not know may be of another that has a new one already: that is left to the check of the day.
 */
async function isLastSealForged({ database, config }: Pick<Context, 'database' | 'config'>): Promise<boolean> {
  const last = await lastSeal(database.db);
  if (!last) return false;
  const signature = Buffer.from(last.signature, 'base64');
  return createSigningKeys(config).verify(last.keyId, encodeSeal(last), signature) === 'bad';
}

/** Whether no key of ours says that the ledger was verified within a day, or that check cannot have seen its present end. */
export async function isCheckDue(ctx: Pick<Context, 'database' | 'config'>): Promise<boolean> {
  const { db } = ctx.database;
  const now = (await databaseNow(db)).getTime();
  // One of a clock that was ahead says nothing of today.
  const isRecent = (at: Date | null) => at !== null && now - at.getTime() <= dayMs && at.getTime() - now <= leewayMs;
  const recent = (await newestChecks(ctx, db)).find(({ provedAt }) => isRecent(provedAt));
  return recent === undefined || (recent.outcome === 'ok' && (await isLastSealForged(ctx)));
}
