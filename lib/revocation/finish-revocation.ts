import { and, eq, sql } from 'drizzle-orm';
import { secondsFromNow } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { type Evidence, type ProofState, type RevocationState, revocations } from '#lib/db/schema/revocations';
import type { LedgerAction } from '#lib/ledger/actions';
import { record } from '#lib/ledger/record';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import { areReplaced } from '#lib/revocation/are-replaced';
import { atKey, type RevocationKey, refusedGeneration } from '#lib/revocation/claim-revocations';
import { isProvedDead } from '#lib/revocation/evidence';

/** The evidence about the tokens of a grant. */
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
  refused: { finished: 'refused.finished', failed: 'refused.failed', proof: 'refused.proved' },
} as const satisfies Record<string, Record<string, LedgerAction>>;

export const actionsOf = ({ replacedGeneration }: RevocationKey) =>
  actions[replacedGeneration === 0 ? 'connection' : replacedGeneration === refusedGeneration ? 'refused' : 'replaced'];

/** The person and connection that the ledger's entries are about. A refused grant has no connection. */
export const aboutOf = ({ personId, connectionId, replacedGeneration }: RevocationKey) => ({
  personId: personId === '' ? null : personId,
  connectionId: replacedGeneration === refusedGeneration ? null : connectionId,
});

/** Names a refused grant in the details of its entries. */
export const refusedOf = ({ connectionId, replacedGeneration }: RevocationKey): { refused?: string } =>
  replacedGeneration === refusedGeneration ? { refused: connectionId } : {};

function proofColumns({ state, evidence, honouredUntil, againSeconds }: Proof) {
  return {
    proof: state,
    evidence,
    honouredUntil,
    provedAt: state === 'proved' ? sql`clock_timestamp()` : null,
    ...(state === 'due' ? { nextAttemptAt: secondsFromNow(againSeconds ?? 0) ?? sql`now()` } : {}),
  };
}

/** Erases what was kept for a revocation, and with a deleted person whatever tells of them. */
export async function eraseTokens(tx: Db, key: RevocationKey): Promise<void> {
  if (key.replacedGeneration !== 0) {
    // Which account it was is needed no more either, and must not outlive the person.
    const refused = sql`${revocations.refused} || '{"subject": null, "extras": {}}'::jsonb`;
    const nothing = { accessToken: null, refreshToken: null, accountParams: null };
    await tx
      .update(revocations)
      .set({ ...nothing, refused })
      .where(atKey(key));
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

/**
 * Whether the tokens may live on at the provider. Only they can revoke the grant, so they stay, sealed, until the
 * provider confirms or an administrator lets them go.
 */
const mayStillRevoke = (state: RevocationState, proof: ProofState): boolean =>
  state === 'failed' || proof === 'due' || proof === 'still_accepted';

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
    ...aboutOf(key),
    provider,
    details: {
      ...refusedOf(key),
      proved: tokens.filter(isProvedDead).map(({ token }) => token),
      accepted: tokens.filter(({ after }) => after === 'accepted').map(({ token }) => token),
      honoured_until: proof.honouredUntil?.toISOString() ?? null,
      ...(fingerprint ? { fingerprint } : {}),
    },
  });
}

/**
 * Ends a revocation, with the known facts of its tokens, which are kept as long as they are still to be tried. If a
 * newer token of the grant was stored meanwhile, the revocation goes on with that one instead.
 * @param end.tokens what the attempt worked with, where it could read them
 */
export async function finishRevocation(
  ctx: Context,
  key: RevocationKey & { provider: string },
  end: {
    state: Exclude<RevocationState, 'pending'>;
    code: string | null;
    proof: Proof;
    tokens?: GrantTokens | undefined;
    said?: Record<string, string>;
  },
): Promise<void> {
  const { state, code, proof, tokens } = end;
  await withTransaction(ctx.database.db, async (tx) => {
    if (tokens && (await areReplaced(tx, ctx, key, tokens))) {
      await tx
        .update(revocations)
        .set({ evidence: null, nextAttemptAt: sql`date_trunc('milliseconds', now())` })
        .where(and(atKey(key), eq(revocations.state, 'pending')));
      return;
    }
    const done = await tx
      .update(revocations)
      .set({ state, finishedAt: sql`now()`, lastErrorCode: code, ...proofColumns(proof) })
      .where(and(atKey(key), eq(revocations.state, 'pending')))
      .returning({ state: revocations.state });
    if (done.length === 0) return;
    if (!mayStillRevoke(state, proof.state)) await eraseTokens(tx, key);
    const action = actionsOf(key)[state === 'failed' ? 'failed' : 'finished'];
    await record(tx, ctx, {
      action,
      outcome: state === 'failed' ? 'failed' : 'ok',
      code,
      ...aboutOf(key),
      provider: key.provider,
      details: { state, ...refusedOf(key), ...end.said },
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
    if (!mayStillRevoke('revoked_upstream', proof.state)) await eraseTokens(tx, key);
    await recordProof(tx, ctx, key, key.provider, proof);
  });
}
