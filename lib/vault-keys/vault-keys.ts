import { and, eq, gt, inArray, isNull, notInArray, or, type SQL, sql } from 'drizzle-orm';
import { type Runtime, systemContext } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';
import { vaultKeys, vaultWrappings } from '#lib/db/schema/vault-keys';
import { isSealedBy } from '#lib/db/sealed-by';
import { record } from '#lib/ledger/record';
import { lastingValues } from '#lib/vault-keys/sealed-values';

/** A key that this process does not hold, and the rows that only it opens. */
export interface MissingKey {
  kid: string;
  rows: number;
  /** Of a data key: the root keys that wrapped it, one of which is needed. */
  roots?: string[];
}

function named({ kid, rows, roots = [] }: MissingKey): string {
  const rowsText = `${rows} ${rows === 1 ? 'row' : 'rows'}`;
  return roots.length === 0 ? `${kid} (${rowsText})` : `${roots.join(' or ')} (wraps ${kid}, ${rowsText})`;
}

/** Rows are sealed with keys that this process was not given. */
export class MissingVaultKeys extends Error {
  override readonly name = 'MissingVaultKeys';
  constructor(missing: readonly MissingKey[]) {
    super(
      `VAULT_KEYS or VAULT_ROOT lacks keys that sealed stored values: ${missing.map(named).join(', ')}. Put them back behind the first key, or start with --allow-missing-keys to go on without those rows.`,
    );
  }
}

async function countRows(db: Db, kid: string): Promise<number> {
  const counts = lastingValues.map(({ table, columns }): SQL => {
    const by = or(...columns.map((column) => isSealedBy(column, kid)));
    return sql`(select count(*) from ${table} where ${by})`;
  });
  const [row] = rowsOf<{ rows: number }>(await db.execute(sql`select (${sql.join(counts, sql` + `)})::int as rows`));
  return row?.rows ?? 0;
}

/** The root keys that wrapped a data key, which would open it again. A local key has none. */
async function rootsOf(db: Db, kid: string): Promise<string[]> {
  const rows = await db.select({ root: vaultWrappings.root }).from(vaultWrappings).where(eq(vaultWrappings.kid, kid));
  return rows.map(({ root }) => root).sort();
}

/**
 * Writes down the key that seals, and looks whether every key that sealed something is here. Tables are read only for a
 * key that is not: once to count its rows, and never again where there were none.
 * @param options.allowMissing goes on without those rows, which the ledger, an alert and the status page then say
 * @throws MissingVaultKeys
 */
export async function checkVaultKeys(runtime: Runtime, options: { allowMissing?: boolean } = {}): Promise<void> {
  const { db } = runtime.database;
  const held = runtime.vault.holds();
  const sealing = runtime.vault.sealsWith();
  if (sealing !== undefined)
    await db
      .insert(vaultKeys)
      .values({ kid: sealing })
      .onConflictDoUpdate({ target: vaultKeys.kid, set: { retiredAt: null } });
  if (held.length > 0)
    await db
      .update(vaultKeys)
      .set({ missingRows: 0 })
      .where(and(inArray(vaultKeys.kid, held), gt(vaultKeys.missingRows, 0)));
  const absent = await db
    .select({ kid: vaultKeys.kid })
    .from(vaultKeys)
    .where(and(held.length > 0 ? notInArray(vaultKeys.kid, held) : undefined, isNull(vaultKeys.retiredAt)))
    .orderBy(vaultKeys.kid);
  const missing: MissingKey[] = [];
  for (const { kid } of absent) {
    const rows = await countRows(db, kid);
    await db
      .update(vaultKeys)
      .set(rows === 0 ? { retiredAt: sql`now()`, missingRows: 0 } : { missingRows: rows })
      .where(eq(vaultKeys.kid, kid));
    if (rows > 0) missing.push({ kid, rows, roots: await rootsOf(db, kid) });
  }
  if (missing.length === 0) return;
  if (!options.allowMissing) throw new MissingVaultKeys(missing);
  const ctx = systemContext(runtime, 'start');
  for (const { kid, rows } of missing) {
    runtime.log.error({ event: 'vault_key_missing', key: kid, rows });
    await record(db, ctx, {
      action: 'vault.key_missing',
      outcome: 'failed',
      code: 'key_missing',
      details: { key: kid, rows },
    });
  }
}

/** Keys that a process lacked as it started, with the rows that it counted then. */
export function listMissingKeys(db: Db): Promise<MissingKey[]> {
  return db
    .select({ kid: vaultKeys.kid, rows: vaultKeys.missingRows })
    .from(vaultKeys)
    .where(gt(vaultKeys.missingRows, 0))
    .orderBy(vaultKeys.kid);
}
