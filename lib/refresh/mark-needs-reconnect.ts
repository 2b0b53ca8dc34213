import { and, eq } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import type { ConnectionKey } from '#lib/refresh/lease';

/** The answer to a caller of a connection that only its person can mend, with the provider's words as it ended. */
export const needsReconnect = (refusedWith: string | null): AppError =>
  new AppError('needs_reconnect', { providerError: refusedWith ?? undefined });

/**
 * Marks a connection as needing its person, once its token is over and cannot be refreshed, unless somebody stored a
 * newer token since it was read.
 */
export async function markNeedsReconnect(
  ctx: Context,
  key: ConnectionKey,
  seen: { provider: string; generation: number },
  reason: 'no_refresh_token' | 'token_rejected',
): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const marked = await tx
      .update(connections)
      .set({ status: 'needs_reconnect', statusReason: reason, refusedWith: null })
      .where(
        and(
          eq(connections.personId, key.personId),
          eq(connections.id, key.id),
          eq(connections.status, 'connected'),
          eq(connections.generation, seen.generation),
        ),
      )
      .returning({ id: connections.id });
    if (marked.length === 0) return;
    await record(tx, ctx, {
      action: 'connection.needs_reconnect',
      outcome: 'failed',
      code: reason,
      personId: key.personId,
      connectionId: key.id,
      provider: seen.provider,
    });
  });
}
