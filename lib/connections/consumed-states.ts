import { eq, lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { consumedStates } from '#lib/db/schema/consumed-states';
import { hashSecret } from '#lib/ids';

/** Uses a state up; false where it was used before, in this process or another. */
export async function consumeState(ctx: Context, state: string): Promise<boolean> {
  const rows = await ctx.database.db
    .insert(consumedStates)
    // Longer than any flow's cookie lives, so that a state is never forgotten while it could still be presented.
    .values({ stateHash: hashSecret(state), expiresAt: sql`now() + interval '1 hour'` })
    .onConflictDoNothing()
    .returning({ stateHash: consumedStates.stateHash });
  return rows.length === 1;
}

/** True for a state that came back before. */
export async function wasConsumed(ctx: Context, state: string): Promise<boolean> {
  const rows = await ctx.database.db
    .select({ stateHash: consumedStates.stateHash })
    .from(consumedStates)
    .where(eq(consumedStates.stateHash, hashSecret(state)));
  return rows.length > 0;
}

/** Forgets states that no cookie can match any more. */
export async function purgeConsumedStates(ctx: Context): Promise<void> {
  await ctx.database.db.delete(consumedStates).where(lt(consumedStates.expiresAt, sql`now()`));
}
