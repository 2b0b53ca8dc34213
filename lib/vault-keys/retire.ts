import { and, eq, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { vaultKeys, vaultWrappings } from '#lib/db/schema/vault-keys';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';
import { keepCounts, sumOf } from '#lib/vault-keys/sealed-values';
import { signNothingLeft } from '#lib/vault-keys/statement';

/** Hours for which a retired data key can still be unwrapped: a process that stood still may have sealed with it. */
const destroyAfterHours = 24;

export const retireKeyInput = z.object({ id: z.string().min(1).max(300) });
export type RetireKeyInput = z.input<typeof retireKeyInput>;

const needed = (message: string) => new AppError('conflict', { message });

/** `12 values of connections.access_token` and so on, the largest first. */
function countsText(rows: Readonly<Record<string, number>>): string {
  const columns = Object.entries(rows).sort(([, a], [, b]) => b - a);
  return columns.map(([column, values]) => `${values} in ${column}`).join(', ');
}

/** Data keys that no other root of this process wraps: they need this one. */
async function needingRoot(ctx: Context, tx: Db, root: string): Promise<string[]> {
  const others = ctx.keyRoots.map(({ name }) => name).filter((name) => name !== root);
  const live = await tx
    .select({ kid: vaultWrappings.kid })
    .from(vaultWrappings)
    .innerJoin(vaultKeys, eq(vaultKeys.kid, vaultWrappings.kid))
    .where(and(eq(vaultWrappings.root, root), isNull(vaultKeys.destroyedAt)));
  const kids = live.map(({ kid }) => kid);
  if (kids.length === 0 || others.length === 0) return kids;
  const safe = await tx
    .select({ kid: vaultWrappings.kid })
    .from(vaultWrappings)
    .where(and(inArray(vaultWrappings.kid, kids), inArray(vaultWrappings.root, others)));
  return kids.filter((kid) => !safe.some((one) => one.kid === kid));
}

/**
 * Retires a key that nothing needs: the stored values are counted, and the ledger takes the signed statement that none is
 * under it. A data key can be unwrapped for a day more and is then destroyed. A root key's wrappings are deleted.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`, `conflict` where
 *   the key seals or is needed
 */
export async function retireVaultKey(ctx: Context, input: RetireKeyInput): Promise<{ id: string; statement: string }> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const { id } = parseInput(retireKeyInput, input);
  const { db } = ctx.database;
  const [known] = await db.select().from(vaultKeys).where(eq(vaultKeys.kid, id));
  const root = ctx.keyRoots.some(({ name }) => name === id) || (await wrapsSomething(db, id));
  if (!known && !root) throw new AppError('not_found', { message: 'The vault has no such key.' });
  if (known?.retiredAt) throw needed('This key is retired already.');
  if (ctx.vault.sealsWith() === id) throw needed('This key seals new values. Rotate first.');
  if (ctx.keyRoots[0]?.name === id) throw needed('This root key wraps new data keys. Put another one first.');
  const countedAt = new Date();
  const rows = (await keepCounts(db, ctx.vault.holds())).get(id);
  if (sumOf(rows) > 0) throw needed(`This key is still needed: ${countsText(rows ?? {})}. Reseal first.`);
  const signed = signNothingLeft(ctx, id, countedAt);
  await transactAs(ctx, async (tx) => {
    const kept = await needingRoot(ctx, tx, id);
    if (kept.length > 0) throw needed(`This root key is still needed: it alone wraps ${kept.join(', ')}.`);
    await tx.delete(vaultWrappings).where(eq(vaultWrappings.root, id));
    await tx
      .insert(vaultKeys)
      .values({ kid: id, retiredAt: sql`clock_timestamp()`, countedAt })
      .onConflictDoUpdate({ target: vaultKeys.kid, set: { retiredAt: sql`clock_timestamp()`, rows: {}, countedAt } });
    await record(tx, ctx, { action: 'vault.key_retired', details: { key: id, rows: 0, step_up: proof, ...signed } });
  });
  return { id, statement: signed.statement };
}

async function wrapsSomething(db: Db, root: string): Promise<boolean> {
  const [row] = await db
    .select({ kid: vaultWrappings.kid })
    .from(vaultWrappings)
    .where(eq(vaultWrappings.root, root))
    .limit(1);
  return row !== undefined;
}

/**
 * Destroys data keys that were retired a day ago: their wrapped forms are deleted. One that sealed something since is
 * taken back, and the ledger says so.
 */
export async function destroyRetiredKeys(ctx: Context): Promise<void> {
  const { db } = ctx.database;
  const due = await db
    .select({ kid: vaultKeys.kid })
    .from(vaultKeys)
    .where(
      and(
        eq(vaultKeys.kind, 'data'),
        isNotNull(vaultKeys.retiredAt),
        isNull(vaultKeys.destroyedAt),
        lt(vaultKeys.retiredAt, sql`clock_timestamp() - make_interval(hours => ${destroyAfterHours}::int)`),
      ),
    );
  if (due.length === 0) return;
  const counts = await keepCounts(db, ctx.vault.holds());
  for (const { kid } of due) {
    const rows = counts.get(kid) ?? {};
    await withTransaction(db, async (tx) => {
      const unneeded = sumOf(rows) === 0;
      const set = unneeded ? { destroyedAt: sql`clock_timestamp()` } : { retiredAt: null };
      const [changed] = await tx
        .update(vaultKeys)
        .set(set)
        .where(and(eq(vaultKeys.kid, kid), isNotNull(vaultKeys.retiredAt), isNull(vaultKeys.destroyedAt)))
        .returning({ kid: vaultKeys.kid });
      if (!changed) return;
      if (unneeded) await tx.delete(vaultWrappings).where(eq(vaultWrappings.kid, kid));
      await record(tx, ctx, {
        action: unneeded ? 'vault.key_destroyed' : 'vault.key_needed',
        details: { key: kid, rows: sumOf(rows), ...(unneeded ? signNothingLeft(ctx, kid, new Date()) : {}) },
      });
    });
  }
}
