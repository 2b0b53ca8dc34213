import { inArray, sql } from 'drizzle-orm';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { recordAll } from '#lib/ledger/record';
import type { RevocationKey } from '#lib/revocation/claim-revocations';

/** A connection by the key that every statement carries. */
export interface ConnectionKey {
  personId: string;
  id: string;
}

/**
 * Ends connections here, in the caller's transaction: at once and for good. Their revocations at the provider are
 * written beside it and are due at once; the sealed tokens stay until then. Answers which connections changed: ones
 * that were revoked before do not.
 */
export async function markRevoked(
  tx: Db,
  ctx: Context,
  keys: readonly ConnectionKey[],
  details: Record<string, string>,
): Promise<RevocationKey[]> {
  if (keys.length === 0) return [];
  const people = [...new Set(keys.map(({ personId }) => personId))];
  const ids = keys.map(({ id }) => id);
  const rows = await tx
    .update(connections)
    .set({ status: 'revoked', statusReason: null, revokedAt: sql`now()` })
    .where(
      sql`${inArray(connections.personId, people)} and ${inArray(connections.id, ids)} and ${connections.status} <> 'revoked'`,
    )
    .returning({ personId: connections.personId, id: connections.id, provider: connections.provider });
  if (rows.length === 0) return [];
  const requestedBy = actorId(ctx.actor) ?? '';
  // Cut, not rounded: a moment rounded up would not be due yet when the attempt that follows begins.
  const nextAttemptAt = sql`date_trunc('milliseconds', now())`;
  await tx
    .insert(revocations)
    .values(
      rows.map(({ personId, id, provider }) => ({ personId, connectionId: id, provider, requestedBy, nextAttemptAt })),
    );
  await recordAll(
    tx,
    ctx,
    rows.map(({ personId, id, provider }) => ({
      action: 'connection.revoked',
      personId,
      connectionId: id,
      provider,
      details,
    })),
  );
  return rows.map(({ personId, id }) => ({ personId, connectionId: id, replacedGeneration: 0 }));
}
