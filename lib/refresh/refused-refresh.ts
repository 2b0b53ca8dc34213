import type { Context } from '#lib/context';
import { isOAuthError, type OAuthProvider, type ReceivedTokens } from '#lib/oauth/types';
import type { Leased } from '#lib/refresh/lease';
import { type RefusedAnswer, type SealedRefused, sealRefused } from '#lib/revocation/plan-refused';

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
 * there. An access token without one came of the row's refresh token and ends with it (RFC 7009 §2.1), so the row owns it.
 * It needs an owner where the grant is over, and where revoking ends one access token and nothing else.
 * @param shown the refresh token that was shown
 */
export async function sealRefusedRefresh(
  ctx: Context,
  leased: Leased,
  shown: string,
  of: {
    received: readonly ReceivedTokens[];
    error: unknown;
    provider: Pick<OAuthProvider, 'revoke' | 'token_renewal'>;
  },
): Promise<SealedRefused[]> {
  const { received, error, provider } = of;
  // Where an access token renews itself, it stands for the refresh token, too.
  const renews = provider.token_renewal !== null;
  const { blast_radius, token_kind } = provider.revoke;
  const endsAlone = blast_radius === 'token' && token_kind === 'access_token';
  const code = isOAuthError(error) ? error.code : 'internal';
  const isOver = isOAuthError(error) && error.disposition === 'dead_grant';
  const others = received
    .map((tokens) => (renews ? { ...tokens, refreshToken: tokens.accessToken } : tokens))
    .map((tokens) => ({ ...tokens, refreshToken: tokens.refreshToken === shown ? null : tokens.refreshToken }))
    .filter(
      ({ accessToken, refreshToken }) => refreshToken !== null || ((isOver || endsAlone) && accessToken !== null),
    );
  return Promise.all(others.map((tokens) => sealRefused(ctx, refusedRefresh(leased, code, tokens))));
}
