import { type RefusedAnswer, type SealedRefused, sealRefused } from '#lib/connections/keep-refused';
import type { Leased } from '#lib/connections/lease';
import type { Context } from '#lib/context';
import { isOAuthError, type ReceivedTokens } from '#lib/oauth/types';

/** A refresh answer that its connection did not take, as the revocations own it. Its grant is the connection's own. */
export const refusedRefresh = (
  { lease, row }: Leased,
  code: string,
  received: ReceivedTokens,
  id?: string,
): RefusedAnswer => ({
  ...{ intent: 'refresh', code, personId: lease.personId, provider: row.provider },
  ...{ issuer: row.issuer, subject: row.subject, accountParams: row.accountParams, extras: {}, received },
  ...(id === undefined ? {} : { id }),
});

/**
 * Seals what refused refresh answers held, before anything else is done: the only copy of a new refresh token may be
 * there. An access token without one ends with the grant that the row holds, and needs an owner only where that is over.
 * @param shown the refresh token that was shown
 * @param of.renews an access token stands for the refresh token too (`token_renewal`)
 */
export async function sealRefusedRefresh(
  ctx: Context,
  leased: Leased,
  shown: string,
  of: { received: readonly ReceivedTokens[]; error: unknown; renews: boolean },
): Promise<SealedRefused[]> {
  const { received, error, renews } = of;
  const code = isOAuthError(error) ? error.code : 'internal';
  const isOver = isOAuthError(error) && error.disposition === 'dead_grant';
  const others = received
    .map((tokens) => (renews ? { ...tokens, refreshToken: tokens.accessToken } : tokens))
    .map((tokens) => ({ ...tokens, refreshToken: tokens.refreshToken === shown ? null : tokens.refreshToken }))
    .filter(({ accessToken, refreshToken }) => refreshToken !== null || (isOver && accessToken !== null));
  return Promise.all(others.map((tokens) => sealRefused(ctx, refusedRefresh(leased, code, tokens))));
}
