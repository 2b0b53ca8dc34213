import { eq, ne, sql } from 'drizzle-orm';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { vaultReseals } from '#lib/db/schema/vault-keys';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { transactAs } from '#lib/sign-in/transact-as';
import { toResealView } from '#lib/vault-keys/read-views';
import type { ResealView } from '#lib/vault-keys/views';

/** The resealing that is not done, of which there is one at most. */
export async function openReseal(db: Db): Promise<typeof vaultReseals.$inferSelect | undefined> {
  const [row] = await db.select().from(vaultReseals).where(ne(vaultReseals.state, 'done'));
  return row;
}

/**
 * Begins to seal all stored values anew under the key that seals now; one that is paused goes on. The background does
 * the work, in batches. Where one is running, nothing changes.
 * @throws AppError `unauthenticated`, `forbidden`, `key_service_unavailable`
 */
export async function beginReseal(ctx: Context): Promise<ResealView> {
  requireAdministrator(ctx);
  const kid = ctx.vault.sealsWith();
  if (kid === undefined) throw new AppError('key_service_unavailable', { retryAfterSeconds: 30 });
  const row = await transactAs(ctx, async (tx) => {
    const startedBy = actorId(ctx.actor) ?? '';
    const total = sql`(select count(*) from ${connections})`;
    const [begun] = await tx
      .insert(vaultReseals)
      .values({ id: newId('rsl'), state: 'running', kid, total, startedBy })
      .onConflictDoNothing()
      .returning();
    if (begun) {
      await record(tx, ctx, { action: 'vault.reseal_begun', details: { reseal: begun.id, key: kid } });
      return begun;
    }
    const [resumed] = await tx
      .update(vaultReseals)
      .set({ state: 'running' })
      .where(eq(vaultReseals.state, 'paused'))
      .returning();
    if (resumed) {
      await record(tx, ctx, { action: 'vault.reseal_resumed', details: { reseal: resumed.id, key: resumed.kid } });
      return resumed;
    }
    return openReseal(tx);
  });
  // It ended in the same breath.
  if (!row) throw new AppError('conflict');
  return toResealView(row);
}

/**
 * Lets the resealing rest after its present batch, until it is begun again.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found` where none is running
 */
export async function pauseReseal(ctx: Context): Promise<ResealView> {
  requireAdministrator(ctx);
  return transactAs(ctx, async (tx) => {
    const [paused] = await tx
      .update(vaultReseals)
      .set({ state: 'paused' })
      .where(eq(vaultReseals.state, 'running'))
      .returning();
    if (!paused) throw new AppError('not_found', { message: 'No resealing is running.' });
    const { id: reseal, kid: key, seen } = paused;
    await record(tx, ctx, { action: 'vault.reseal_paused', details: { reseal, key, seen } });
    return toResealView(paused);
  });
}
