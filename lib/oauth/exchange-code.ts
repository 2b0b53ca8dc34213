import { authorizationCodeGrant } from 'openid-client';
import { fillParameters } from '#lib/oauth/account-params';
import { type CheckedCallback, isCheckedCallback } from '#lib/oauth/check-callback';
import { clientAuthentication } from '#lib/oauth/client-authentication';
import { clientConfiguration } from '#lib/oauth/client-configuration';
import { fromLibrary, severalKeysFit } from '#lib/oauth/library-error';
import { tokenExchange } from '#lib/oauth/normalising-fetch';
import { OAuthError } from '#lib/oauth/oauth-error';
import { exactClaims } from '#lib/oauth/provider-call';
import { settleTokens } from '#lib/oauth/token-call';
import type { AccountParamValues, OAuthDeps, OAuthProvider, PinnedEndpoints, TokenSet } from '#lib/oauth/types';
import { needsOwnCheck, verifyIdToken } from '#lib/oauth/verify-id-token';

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
  /** The requested scopes: with `openid` an ID token must come. */
  scopes: readonly string[];
  accountParams?: AccountParamValues;
}

/** The claims of an ID token that openid-client was not given; none where the record lets it be absent. */
async function ownClaims(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  idToken: string | null,
  { nonce, iss }: { nonce: string; iss: string | null },
  deps: OAuthDeps,
) {
  if (idToken === null) {
    if (provider.dangerously_without_id_token) return undefined;
    throw new OAuthError('id_token_missing');
  }
  const claims = await verifyIdToken(provider, pinned, idToken, { nonce }, deps);
  // RFC 9207 §2.4: one server answers on the redirect and at the token endpoint.
  if (iss !== null && claims.iss !== iss) throw new OAuthError('iss_mismatch', { detail: 'id_token' });
  return claims;
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
  if (provider.tenant_issuer && !openid) throw new OAuthError('id_token_missing', { detail: 'not_asked' });
  const own = needsOwnCheck(provider);
  // Before the code is spent: without keys no ID token can be believed.
  if (openid && !own && !pinned.jwks_uri) throw new OAuthError('discovery_incomplete', { detail: 'jwks_uri' });
  const exchange = tokenExchange(provider, deps, !openid ? 'ignored' : own ? 'kept' : 'handed_on');
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
    // A tenant's issuer is compared with the ID token's.
    ...(checked.iss === null ? {} : { iss: provider.tenant_issuer ? pinned.issuer : checked.iss }),
  }).toString();
  const checks = {
    expectedState: checked.state,
    ...(provider.dangerously_without_pkce || !verifier ? {} : { pkceCodeVerifier: verifier }),
  };
  try {
    const parameters = new URLSearchParams(fillParameters(provider, provider.token_params, accountParams));
    if (provider.state_in_exchange) parameters.set('state', checked.state);
    const result = await authorizationCodeGrant(
      configuration,
      answerUrl,
      openid && !own ? { ...checks, expectedNonce: nonce, idTokenExpected: true } : checks,
      parameters,
    ).catch((error: unknown) => {
      if (severalKeysFit(error)) return null;
      throw error;
    });
    const answer = exchange.answer();
    if (!answer) throw new OAuthError('token_answer_invalid');
    const { id_token: idToken, ...first } = answer;
    const tokens = await settleTokens(provider, first, accountParams, deps);
    const verified =
      result && !(own && openid)
        ? result.claims()
        : await ownClaims(provider, pinned, idToken, { nonce, iss: checked.iss }, deps);
    const claims = openid && verified && idToken !== null ? exactClaims(idToken) : null;
    if ((verified?.iat ?? 0) > deps.now().getTime() / 1000 + furthestIssueSeconds) {
      throw new OAuthError('id_token_expired', { detail: 'iat' });
    }
    const scopes = checked.scopes ?? tokens.scopes;
    return { ...tokens, scopes, id_token_claims: claims, extras: { ...checked.extras, ...tokens.extras } };
  } catch (error) {
    throw fromLibrary(error);
  }
}
