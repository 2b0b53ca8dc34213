import { refreshTokenGrant } from 'openid-client';
import { fillEndpoint, fillParameters } from '#lib/oauth/account-params';
import { clientAuthentication } from '#lib/oauth/client-authentication';
import { clientConfiguration } from '#lib/oauth/client-configuration';
import { fromLibrary } from '#lib/oauth/library-error';
import { tokenExchange } from '#lib/oauth/normalising-fetch';
import { OAuthError } from '#lib/oauth/oauth-error';
import { renewToken } from '#lib/oauth/token-call';
import type { AccountParamValues, OAuthDeps, OAuthProvider, PinnedEndpoints, TokenSet } from '#lib/oauth/types';

/**
 * Refreshes (RFC 6749 §6). `refresh_token` is null when the provider sent none: keep the old one then. Only a code in
 * the record's `dead_codes` gives the disposition `dead_grant`. An ID token in the answer is not read.
 * @throws OAuthError
 */
export async function refreshGrant(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  { refreshToken, accountParams = {} }: { refreshToken: string; accountParams?: AccountParamValues },
  deps: OAuthDeps,
): Promise<TokenSet> {
  if (provider.token_renewal) return renewToken(provider, refreshToken, accountParams, deps);
  const exchange = tokenExchange(provider, deps, 'ignored');
  const other = provider.refresh_endpoint && fillEndpoint(provider, provider.refresh_endpoint, accountParams);
  const endpoints = other ? { ...pinned, token_endpoint: other } : pinned;
  const configuration = clientConfiguration(
    provider,
    endpoints,
    await clientAuthentication(provider, pinned),
    exchange,
    deps,
  );
  try {
    await refreshTokenGrant(
      configuration,
      refreshToken,
      new URLSearchParams(fillParameters(provider, provider.refresh_params, accountParams)),
    );
  } catch (error) {
    throw fromLibrary(error);
  }
  const answer = exchange.answer();
  if (!answer) throw new OAuthError('token_answer_invalid');
  const { id_token: _unread, ...tokens } = answer;
  return { ...tokens, id_token_claims: null };
}
