import { sql } from 'drizzle-orm';
import { ledgerOrigin } from '#lib/audit/check-checkpoints';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { createSigningKeys } from '#lib/ledger/signing-keys';

type Parts = Pick<Context, 'config'>;

/** The statement of a check of the ledger. A writer to the database could append an entry that says the same. */
interface CheckStatement {
  outcome: 'ok' | 'failed';
  code: string | null;
  seals: number;
  rows: number;
  /** By the database's clock. */
  checkedAt: Date;
}

const textOf = (ctx: Parts, { outcome, code, seals, rows, checkedAt }: CheckStatement): string =>
  `grantkeep ledger check 1\n${ledgerOrigin(ctx)}\n${outcome} ${code ?? '-'}\n${seals} ${rows}\n${checkedAt.toISOString()}`;

/** The details by which an entry proves that this hub checked its ledger: signed by the ledger's key. */
export function proofOfCheck(ctx: Parts, statement: CheckStatement): Record<string, string | number> {
  const keys = createSigningKeys(ctx.config);
  const signature = keys.sign(textOf(ctx, statement)).toString('base64');
  return { checked_at: statement.checkedAt.toISOString(), signed_by: keys.keyId, signature };
}

type Row = Pick<typeof ledger.$inferSelect, 'at' | 'outcome' | 'code' | 'details'>;

/** When the check of an entry was, by its proof; null where no key of this hub signed it. */
function provedAt(ctx: Parts, { outcome, code, details }: Row): Date | null {
  const { seals = 0, rows = 0, checked_at: at, signed_by: keyId, signature } = details;
  const checkedAt = new Date(String(at));
  if (outcome === 'refused' || Number.isNaN(checkedAt.getTime())) return null;
  const text = textOf(ctx, { outcome, code, seals: Number(seals), rows: Number(rows), checkedAt });
  const signed = createSigningKeys(ctx.config).verify(String(keyId), text, Buffer.from(String(signature), 'base64'));
  return signed === 'good' ? checkedAt : null;
}

/** Entries that are looked at. Behind more forged ones than these none is found, and the ledger is checked once more. */
const mostEntries = 50;

/** An entry of a check, and when that was, if the entry proves it. */
export type CheckEntry = Row & { provedAt: Date | null };

/** The newest entries that tell of a check, each with its proof. */
export async function newestChecks(ctx: Parts, db: Db): Promise<CheckEntry[]> {
  const rows = await db
    .select({ at: ledger.at, outcome: ledger.outcome, code: ledger.code, details: ledger.details })
    .from(ledger)
    .where(sql`${ledger.action} = 'ledger.verified'`)
    .orderBy(sql`${ledger.at} desc`, sql`${ledger.id} desc`)
    .limit(mostEntries);
  return rows.map((row) => ({ ...row, provedAt: provedAt(ctx, row) }));
}
