import { asc, eq } from 'drizzle-orm';
import { heldIdOf, heldKindOf } from '#lib/bulk-revocation/held-key';
import { isHeld } from '#lib/bulk-revocation/held-rows';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { type ProofState, type RefusedIntent, type RevocationState, revocations } from '#lib/db/schema/revocations';
import { shownName } from '#lib/db/shown-name';
import { requireReader } from '#lib/guards/require';

/** Tokens that the hub still holds, sealed, since only they can revoke their grant. Never a token. */
export interface HeldView {
  id: string;
  kind: ReturnType<typeof heldKindOf>;
  /** Null of a refused grant, which has none. */
  connectionId: string | null;
  provider: { id: string; name: string; manualUrl: string | null };
  person: { id: string; name: string | null } | null;
  /** Of a refused grant: the attempt, and why it was refused. */
  refused: { intent: RefusedIntent; code: string } | null;
  /** Why they could not be revoked: a code; null where the provider still accepts them although it confirmed. */
  code: string | null;
  state: RevocationState;
  proof: ProofState;
  attempts: number;
  createdAt: Date;
  finishedAt: Date | null;
}

/**
 * Revocations that need an administrator, the oldest first, at most `limit`. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listHeldRevocations(
  ctx: Context,
  { limit = 100 }: { limit?: number } = {},
): Promise<{ items: HeldView[]; more: boolean }> {
  requireReader(ctx);
  const rows = await ctx.database.db
    .select({
      personId: revocations.personId,
      connectionId: revocations.connectionId,
      replacedGeneration: revocations.replacedGeneration,
      provider: revocations.provider,
      state: revocations.state,
      proof: revocations.proof,
      attempts: revocations.attempts,
      code: revocations.lastErrorCode,
      refused: revocations.refused,
      createdAt: revocations.createdAt,
      finishedAt: revocations.finishedAt,
      name: shownName(people),
    })
    .from(revocations)
    .leftJoin(people, eq(people.id, revocations.personId))
    .where(isHeld)
    .orderBy(asc(revocations.finishedAt))
    .limit(limit + 1);
  const items = rows.slice(0, limit).map((row): HeldView => {
    const provider = ctx.providers.get(row.provider);
    const { state, proof, attempts, code, createdAt, finishedAt } = row;
    return {
      ...{ state, proof, attempts, code, createdAt, finishedAt },
      id: heldIdOf(row),
      kind: heldKindOf(row),
      connectionId: row.refused ? null : row.connectionId,
      provider: {
        id: row.provider,
        name: provider?.name ?? row.provider,
        manualUrl: provider?.revoke.manual_url ?? null,
      },
      person: row.personId === '' ? null : { id: row.personId, name: row.name },
      refused: row.refused && { intent: row.refused.intent, code: row.refused.code },
    };
  });
  return { items, more: rows.length > limit };
}
