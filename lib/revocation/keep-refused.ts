import { type Context, inBackground } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { mayBeTriedAgain } from '#lib/db/may-pass';
import type { RefusedGrant } from '#lib/db/schema/revocations';
import { untilTaken } from '#lib/db/until-taken';
import { isAppError } from '#lib/errors';
import { once } from '#lib/process-parts';
import { planSealed, type RefusedAnswer, type SealedRefused, sealRefused } from '#lib/revocation/plan-refused';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';

/** Answers that wait in memory for the database; each has two sealed tokens. */
const mostWaiting = 1_000;
const waiting = ({ processId }: Context) => once(`refused-answers ${processId}`, () => ({ count: 0 }));

/**
 * Hands the tokens of a refused answer to the revocations: from then on they are revoked at the provider, or held for an
 * administrator where that could end live connections. While the database takes none, the sealed tokens wait in memory
 * until it does or the process ends. Never throws: the refusal has its own answer already.
 */
export async function keepRefused(ctx: Context, answer: RefusedAnswer): Promise<void> {
  try {
    await keepSealed(ctx, await sealRefused(ctx, answer));
  } catch (error) {
    lost(ctx, answer, error);
  }
}

/** @throws where the first attempt fails for good, or too many answers wait already */
async function keepSealed(ctx: Context, sealed: SealedRefused): Promise<void> {
  try {
    await storeRefused(ctx, sealed);
  } catch (error) {
    const held = waiting(ctx);
    if (isAppError(error) || !mayBeTriedAgain(error) || held.count >= mostWaiting) throw error;
    held.count += 1;
    const onFailure = (err: unknown) => ctx.log.warn({ event: 'refused_grant_waits', provider: sealed.provider, err });
    const stored = untilTaken(() => storeRefused(ctx, sealed), { onFailure })
      .catch((last: unknown) => lost(ctx, { ...sealed.row.refused, provider: sealed.provider }, last))
      .finally(() => {
        held.count -= 1;
      });
    inBackground(ctx, 'keep a refused grant', stored);
  }
}

function lost(ctx: Context, { provider, intent, code }: RefusedGrant & { provider: string }, error: unknown): void {
  ctx.log.error({ event: 'refused_grant_lost', provider, intent, error_code: code, err: error });
}

/** Tries once to store a refused answer, and begins to revoke it. Trying again does no harm. */
export async function storeRefused(ctx: Context, sealed: SealedRefused): Promise<void> {
  const fate = await withTransaction(ctx.database.db, (tx) => planSealed(tx, ctx, sealed));
  if (fate === 'revoke') inBackground(ctx, 'revoke a refused grant', workOneRevocation(ctx, sealed.key));
}
