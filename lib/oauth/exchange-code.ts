import { authorizationCodeGrant } from 'openid-client';
import { fillParameters } from '#lib/oauth/account-params';
import { type CheckedCallback, isCheckedCallback } from '#lib/oauth/check-callback';
import { clientAuthentication } from '#lib/oauth/client-authentication';
import { clientConfiguration } from '#lib/oauth/client-configuration';
import { fromLibrary } from '#lib/oauth/library-error';
import { tokenExchange } from '#lib/oauth/normalising-fetch';
import { OAuthError } from '#lib/oauth/oauth-error';
import { settleTokens } from '#lib/oauth/token-call';
import type { AccountParamValues, OAuthDeps, OAuthProvider, PinnedEndpoints, TokenSet } from '#lib/oauth/types';

/**
 * How far ahead an ID token may have been issued, in seconds: as long as a flow lives. Clocks may differ by minutes, and
 * the nonce binds the token to its flow; one from tomorrow was made for something else.
 */
const furthestIssueSeconds = 600;

export interface CodeExchange {
  /** null only where the record says `dangerously_without_pkce`. */
  verifier: string | null;
  nonce: string;
  redirectUri: string;
  /** What was asked for: with `openid` an ID token must come. */
  scopes: readonly string[];
  accountParams?: AccountParamValues;
}

/**
 * Exchanges a checked callback's code at the pinned token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5). Where `openid`
 * was asked for, the ID token's issuer, audience, nonce, times and signature are checked; elsewhere it is ignored.
 * @throws OAuthError; TypeError for a callback that `checkCallback` did not return
 */
export async function exchangeCode(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  checked: CheckedCallback,
  { verifier, nonce, redirectUri, scopes, accountParams = {} }: CodeExchange,
  deps: OAuthDeps,
): Promise<TokenSet> {
  if (!isCheckedCallback(checked)) throw new TypeError('exchangeCode takes only what checkCallback returned');
  if (!verifier && !provider.dangerously_without_pkce) throw new OAuthError('pkce_required');
  const openid = scopes.includes('openid');
  if (openid && !nonce) throw new OAuthError('id_token_nonce', { detail: 'none_expected' });
  const exchange = tokenExchange(provider, deps, openid);
  const configuration = clientConfiguration(
    provider,
    pinned,
    await clientAuthentication(provider, pinned),
    exchange,
    deps,
  );

  // openid-client reads the answer from a URL and checks it once more; give it only what was checked here.
  const answerUrl = new URL(redirectUri);
  answerUrl.search = new URLSearchParams({
    code: checked.code,
    state: checked.state,
    ...(checked.iss === null ? {} : { iss: checked.iss }),
  }).toString();
  const checks = {
    expectedState: checked.state,
    ...(provider.dangerously_without_pkce || !verifier ? {} : { pkceCodeVerifier: verifier }),
    ...(openid ? { expectedNonce: nonce, idTokenExpected: true } : {}),
  };
  try {
    const parameters = new URLSearchParams(fillParameters(provider, provider.token_params, accountParams));
    const result = await authorizationCodeGrant(configuration, answerUrl, checks, parameters);
    const answer = exchange.answer();
    if (!answer) throw new OAuthError('token_answer_invalid');
    const { id_token: _unused, ...first } = answer;
    const tokens = await settleTokens(provider, first, accountParams, deps);
    const claims = openid ? (result.claims() ?? null) : null;
    if (claims && claims.iat > deps.now().getTime() / 1000 + furthestIssueSeconds) {
      throw new OAuthError('id_token_expired', { detail: 'iat' });
    }
    const scopes = checked.scopes ?? tokens.scopes;
    return { ...tokens, scopes, id_token_claims: claims, extras: { ...checked.extras, ...tokens.extras } };
  } catch (error) {
    throw fromLibrary(error);
  }
}
