import { and, eq, sql } from 'drizzle-orm';
import { atKey, type RevocationKey } from '#lib/connections/claim-revocations';
import { isProvedDead } from '#lib/connections/evidence';
import { secondsFromNow } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { type Evidence, type ProofState, type RevocationState, revocations } from '#lib/db/schema/revocations';
import type { LedgerAction } from '#lib/ledger/actions';
import { record } from '#lib/ledger/record';

/** What was found out about the tokens of a grant. */
export interface Proof {
  state: ProofState;
  evidence: Evidence | null;
  honouredUntil: Date | null;
  /** Seconds until the tokens are tried again, where the state is `due`. */
  againSeconds?: number;
}

export const noProof: Proof = { state: 'none', evidence: null, honouredUntil: null };

/** The ledger's words for a connection and for a grant that a reconnect replaced. */
const actions = {
  connection: { finished: 'revocation.finished', failed: 'revocation.failed', proof: 'revocation.proved' },
  replaced: { finished: 'replaced.finished', failed: 'replaced.failed', proof: 'replaced.proved' },
} as const satisfies Record<string, Record<string, LedgerAction>>;

export const actionsOf = (key: RevocationKey) => actions[key.replacedGeneration === 0 ? 'connection' : 'replaced'];

function proofColumns({ state, evidence, honouredUntil, againSeconds }: Proof) {
  return {
    proof: state,
    evidence,
    honouredUntil,
    provedAt: state === 'proved' ? sql`clock_timestamp()` : null,
    ...(state === 'due' ? { nextAttemptAt: secondsFromNow(againSeconds ?? 0) ?? sql`now()` } : {}),
  };
}

/** It is over, so what was kept for it is erased, and with a deleted person whatever tells of them. */
async function erase(tx: Db, key: RevocationKey): Promise<void> {
  if (key.replacedGeneration !== 0) {
    await tx.update(revocations).set({ accessToken: null, refreshToken: null, accountParams: null }).where(atKey(key));
    return;
  }
  const deleted = sql`exists (select 1 from ${people} as gone where gone.id = ${key.personId} and gone.deleted_at is not null)`;
  await tx
    .update(connections)
    .set({
      accessToken: null,
      refreshToken: null,
      accessTokenExpiresAt: null,
      refreshTokenExpiresAt: null,
      leaseOwner: null,
      leaseExpiresAt: null,
      accountParams: sql`case when ${deleted} then '{}'::jsonb else ${connections.accountParams} end`,
      extras: sql`case when ${deleted} then '{}'::jsonb else ${connections.extras} end`,
    })
    .where(
      and(
        eq(connections.personId, key.personId),
        eq(connections.id, key.connectionId),
        eq(connections.status, 'revoked'),
      ),
    );
}

/** One entry on what the trying came to: which tokens are proved dead, or that one is still accepted. */
async function recordProof(tx: Db, ctx: Context, key: RevocationKey, provider: string, proof: Proof): Promise<void> {
  if (proof.state !== 'proved' && proof.state !== 'still_accepted') return;
  const tokens = proof.evidence?.tokens ?? [];
  const proved = proof.state === 'proved';
  // As the entries of its reads name it, so that they are found together.
  const fingerprint = tokens.find(({ token }) => token === 'access_token')?.fingerprint;
  await record(tx, ctx, {
    action: actionsOf(key).proof,
    outcome: proved ? 'ok' : 'failed',
    code: proved ? null : 'still_accepted',
    personId: key.personId,
    connectionId: key.connectionId,
    provider,
    details: {
      proved: tokens.filter(isProvedDead).map(({ token }) => token),
      accepted: tokens.filter(({ after }) => after === 'accepted').map(({ token }) => token),
      honoured_until: proof.honouredUntil?.toISOString() ?? null,
      ...(fingerprint ? { fingerprint } : {}),
    },
  });
}

/** Ends a revocation, with what is known of its tokens; they are kept as long as they are still to be tried. */
export async function finishRevocation(
  ctx: Context,
  key: RevocationKey & { provider: string },
  end: { state: Exclude<RevocationState, 'pending'>; code: string | null; proof: Proof },
): Promise<void> {
  const { state, code, proof } = end;
  await withTransaction(ctx.database.db, async (tx) => {
    const done = await tx
      .update(revocations)
      .set({ state, finishedAt: sql`now()`, lastErrorCode: code, ...proofColumns(proof) })
      .where(and(atKey(key), eq(revocations.state, 'pending')))
      .returning({ state: revocations.state });
    if (done.length === 0) return;
    if (proof.state !== 'due') await erase(tx, key);
    const action = actionsOf(key)[state === 'failed' ? 'failed' : 'finished'];
    await record(tx, ctx, {
      action,
      outcome: state === 'failed' ? 'failed' : 'ok',
      code,
      personId: key.personId,
      connectionId: key.connectionId,
      provider: key.provider,
      details: { state },
    });
    await recordProof(tx, ctx, key, key.provider, proof);
  });
}

/** Stores what trying the tokens once more came to. */
export async function settleProof(
  ctx: Context,
  key: RevocationKey & { provider: string },
  proof: Proof,
): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const done = await tx
      .update(revocations)
      .set(proofColumns(proof))
      .where(and(atKey(key), eq(revocations.proof, 'due')))
      .returning({ proof: revocations.proof });
    if (done.length === 0 || proof.state === 'due') return;
    await erase(tx, key);
    await recordProof(tx, ctx, key, key.provider, proof);
  });
}
