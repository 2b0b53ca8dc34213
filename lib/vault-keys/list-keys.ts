import { asc, desc, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { vaultKeys, vaultReseals, vaultWrappings } from '#lib/db/schema/vault-keys';
import { requireAdministrator, requireReader } from '#lib/guards/require';
import { keyServiceState } from '#lib/vault-keys/data-keys';
import { toResealView } from '#lib/vault-keys/read-views';
import { keepCounts, sumOf, unknownKey } from '#lib/vault-keys/sealed-values';
import type { KeyRootView, ResealView, VaultKeyState, VaultView } from '#lib/vault-keys/views';

type Row = typeof vaultKeys.$inferSelect;

function stateOf(ctx: Context, row: Row): VaultKeyState {
  if (row.destroyedAt) return 'destroyed';
  if (ctx.vault.sealsWith() === row.kid) return 'seals';
  if (row.retiredAt) return 'retired';
  if (!ctx.vault.holds().includes(row.kid)) return 'missing';
  return row.kind === 'data' && row.sealsFrom === null ? 'announced' : 'opens';
}

/**
 * The keys of the vault and how much each has sealed, the newest first.
 * @param options.count counts the stored values now: every row is read once. Else the last count is told.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listVaultKeys(ctx: Context, { count = false }: { count?: boolean } = {}): Promise<VaultView> {
  requireReader(ctx);
  const { db } = ctx.database;
  const held = ctx.vault.holds();
  const counts = count ? await keepCounts(db, held) : null;
  const [rows, wrappings, reseal] = await Promise.all([
    db.select().from(vaultKeys).orderBy(asc(vaultKeys.firstUsedAt), asc(vaultKeys.kid)),
    db.select({ kid: vaultWrappings.kid, root: vaultWrappings.root }).from(vaultWrappings).orderBy(vaultWrappings.root),
    readReseal(ctx),
  ]);
  const unused = held.filter((kid) => !rows.some((row) => row.kid === kid));
  const keys = [
    ...unused.map((id) => ({
      id,
      kind: 'local' as const,
      state: ctx.vault.sealsWith() === id ? ('seals' as const) : ('opens' as const),
      rows: {},
      values: 0,
      countedAt: null,
      firstUsedAt: null,
      sealsFrom: null,
      retiredAt: null,
      destroyedAt: null,
      wrappedBy: [],
    })),
    ...rows.map((row) => ({
      id: row.kid,
      kind: row.kind,
      state: stateOf(ctx, row),
      rows: row.rows,
      values: sumOf(row.rows),
      countedAt: row.countedAt,
      firstUsedAt: row.firstUsedAt,
      sealsFrom: row.sealsFrom,
      retiredAt: row.retiredAt,
      destroyedAt: row.destroyedAt,
      wrappedBy: wrappings.filter(({ kid }) => kid === row.kid).map(({ root }) => root),
    })),
  ].reverse();
  const named = ctx.keyRoots.map(({ name }) => name);
  const roots = [...new Set([...named, ...wrappings.map(({ root }) => root)])].map((name): KeyRootView => {
    const state = name === named[0] ? 'wraps' : named.includes(name) ? 'unwraps' : 'unknown';
    return { name, state, dataKeys: wrappings.filter(({ root }) => root === name).length };
  });
  return { keys, roots, service: keyServiceState(ctx), unknown: counts && (counts.get(unknownKey) ?? {}), reseal };
}

/**
 * Counts the stored values of each key anew, for the pages.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function countVaultKeys(ctx: Context): Promise<void> {
  requireAdministrator(ctx);
  await keepCounts(ctx.database.db, ctx.vault.holds());
}

/** The one that is open, else the last one. */
async function readReseal({ database }: Context): Promise<ResealView | null> {
  const [row] = await database.db
    .select()
    .from(vaultReseals)
    .orderBy(sql`${vaultReseals.state} = 'done'`, desc(vaultReseals.startedAt))
    .limit(1);
  return row ? toResealView(row) : null;
}
