import { AppError, isAppError } from '#lib/errors';
import { turnAway } from '#lib/provider-calls/call-protected';
import { type CallTarget, callTarget } from '#lib/provider-calls/call-target';
import { isNotAnswering } from '#lib/provider-calls/protections';
import { refreshConnection } from '#lib/refresh/refresh';
import { type Asked, askToVend, assertVendable } from '#lib/tokens/ask-to-vend';

/** Passes by itself, as the illness of a provider does. */
function isPassing(error: unknown): boolean {
  return isAppError(error) && error.status === 503;
}

/** The host and account that its refresh would ask; undefined where the provider is no longer configured. */
function targetOf({ ctx, row }: Asked): CallTarget | undefined {
  const provider = ctx.providers.get(row.provider);
  const { issuer, subject, account_params: accountParams } = row;
  return provider && callTarget(provider, { issuer, subject, accountParams });
}

/**
 * Sees to a refresh where the token is about to end, and asks again afterwards. While the token lives, callers notice
 * nothing of a provider that is ill.
 * @throws AppError as `vendToken`
 */
export async function makeFresh(asked: Asked, id: string): Promise<Asked> {
  let current = asked;
  const again = async () => {
    current = await askToVend(asked.ctx, { id });
    assertVendable(current);
  };
  // Twice: a token of a few seconds may be over again by the time its refresh was stored and read.
  for (let attempt = 0; attempt < 2; attempt++) {
    const { due, alive, refreshable, backing_off } = current.row;
    if (!due || (alive && (backing_off || !refreshable))) break;
    const target = refreshable ? targetOf(current) : undefined;
    if (target && isNotAnswering(asked.ctx, target)) {
      if (alive) return current;
      await turnAway(asked.ctx, target);
    }
    try {
      await refreshConnection(asked.ctx, { id });
    } catch (error) {
      if (!isPassing(error)) throw error;
      await again();
      if (current.row.alive) return current;
      throw error;
    }
    await again();
  }
  if (!current.row.alive) throw new AppError('provider_unavailable', { retryAfterSeconds: 1 });
  return current;
}
