import { and, eq, ne, sql } from 'drizzle-orm';
import { workOneRevocation } from '#lib/connections/work-revocations';
import type { Context } from '#lib/context';
import { inBackground } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';
import { personOfConnection } from '#lib/ids';
import { record } from '#lib/ledger/record';

export interface RevokeInput {
  id: string;
  /** Why, for the ledger; an administrator's own words, at most 300 characters. */
  reason?: string;
}

/** Whose connection the caller may revoke: a person their own, an administrator or this process any, a key within its providers. */
function mayRevoke(ctx: Context, row: { personId: string; provider: string }): boolean {
  const { actor } = ctx;
  switch (actor.type) {
    case 'system':
      return true;
    case 'person':
      return actor.role === 'administrator' || actor.personId === row.personId;
    case 'api_key':
      if (!actor.scopes.includes('connections:revoke')) throw new AppError('insufficient_scope');
      return actor.providers === null || actor.providers.includes(row.provider);
    case 'anonymous':
      throw new AppError('unauthenticated');
  }
}

/**
 * Ends a connection: here at once and for good, at the provider as soon as it answers. Revoking a revoked one changes
 * nothing. The sealed tokens stay until the provider's part is over, since it needs them.
 * @throws AppError `not_found`, also for what is somebody else's; `insufficient_scope`; `unauthenticated`
 */
export async function revokeConnection(ctx: Context, input: RevokeInput): Promise<{ id: string; changed: boolean }> {
  const { db } = ctx.database;
  const personId = personOfConnection(input.id);
  if (!personId) {
    mayRevoke(ctx, { personId: '', provider: '' });
    throw new AppError('not_found');
  }
  const where = and(eq(connections.personId, personId), eq(connections.id, input.id));
  const [row] = await db
    .select({ personId: connections.personId, provider: connections.provider })
    .from(connections)
    .where(where);
  // Asked even where there is no row, so that a missing scope is told apart from a missing connection for nobody.
  const allowed = mayRevoke(ctx, row ?? { personId, provider: '' });
  if (!row || !allowed) throw new AppError('not_found');

  const changed = await withTransaction(db, async (tx) => {
    const rows = await tx
      .update(connections)
      .set({ status: 'revoked', statusReason: null, revokedAt: sql`now()` })
      .where(and(where, ne(connections.status, 'revoked')))
      .returning({ id: connections.id });
    if (rows.length === 0) return false;
    const { actor } = ctx;
    const requestedBy = actor.type === 'person' ? actor.personId : actor.type === 'api_key' ? actor.keyId : 'system';
    // Cut, not rounded: a moment rounded up would not be due yet when the attempt below begins.
    const nextAttemptAt = sql`date_trunc('milliseconds', now())`;
    await tx.insert(revocations).values({ personId, connectionId: input.id, requestedBy, nextAttemptAt });
    await record(tx, ctx, {
      action: 'connection.revoked',
      personId,
      connectionId: input.id,
      provider: row.provider,
      details: input.reason ? { reason: input.reason.slice(0, 300) } : {},
    });
    return true;
  });
  if (changed)
    inBackground(ctx, 'revoke at the provider', workOneRevocation(ctx, { personId, connectionId: input.id }));
  return { id: input.id, changed };
}
