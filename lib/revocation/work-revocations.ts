import type { Context } from '#lib/context';
import { createGrouped } from '#lib/db/grouped';
import { type ClaimedRevocation, claimDueRevocations, providersWithDue } from '#lib/revocation/claim-revocations';
import { workClaimed } from '#lib/revocation/work-one-revocation';

/** A round ends after so long, so that what else a tick does has its turn; the next one goes on. */
const roundSeconds = 40;
/** Failures in a row after which a provider is left alone until the next round. */
const failuresToStop = 10;

export interface WorkRevocationsInput {
  /** Begins nothing new after so many seconds. */
  seconds?: number;
  /** Nothing new is begun once it is aborted. */
  signal?: AbortSignal | undefined;
}

/**
 * Works off due revocations at the providers and answers how many attempts were made. Providers are worked off side by
 * side, each by as many at a time as may refresh there, so a slow one delays no other. A provider that fails again and
 * again, or asks for rest, is left alone until the next round. Any number of processes may be at it.
 */
export async function workRevocations(ctx: Context, input: WorkRevocationsInput = {}): Promise<number> {
  const until = performance.now() + (input.seconds ?? roundSeconds) * 1000;
  const isOver = () => input.signal?.aborted || performance.now() >= until;
  const providers = await providersWithDue(ctx);
  const attempts = await Promise.all(providers.map((provider) => workOff(ctx, provider, isOver)));
  return attempts.reduce((sum, one) => sum + one, 0);
}

async function workOff(ctx: Context, provider: string, isOver: () => boolean): Promise<number> {
  const next = claims(ctx, provider);
  let attempts = 0;
  let failures = 0;
  let resting = false;
  const worker = async () => {
    while (!resting && failures < failuresToStop && !isOver()) {
      const claimed = await next();
      if (!claimed) return;
      attempts += 1;
      const outcome = await attempt(ctx, claimed);
      failures = outcome === 'failed' ? failures + 1 : 0;
      resting ||= outcome === 'rest';
    }
  };
  await Promise.all(Array.from({ length: ctx.config.refreshConcurrency }, worker));
  return attempts;
}

/** A fault of our own at one of them must not keep the others from their turn; its claim runs out by itself. */
async function attempt(ctx: Context, claimed: ClaimedRevocation) {
  try {
    return await workClaimed(ctx, claimed);
  } catch (error) {
    ctx.log.error({ event: 'revocation_not_worked', connection: claimed.connectionId, err: error });
    return 'failed';
  }
}

/** Hands out due revocations, one by one; callers at the same time share a claim. Undefined: nothing more is due. */
function claims(ctx: Context, provider: string): () => Promise<ClaimedRevocation | undefined> {
  const claim = createGrouped(async (askers: undefined[]): Promise<(ClaimedRevocation | undefined)[]> => {
    const claimed = await claimDueRevocations(ctx, provider, askers.length);
    return askers.map((_, at) => claimed[at]);
  });
  return () => claim.add(undefined);
}
