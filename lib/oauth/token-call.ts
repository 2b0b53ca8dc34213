import { fillEndpoint, fillParameters } from '#lib/oauth/account-params';
import { clientSecretOf } from '#lib/oauth/basic-credentials';
import { callAsClient } from '#lib/oauth/client-call';
import { hearing, readTokenAnswer } from '#lib/oauth/normalising-fetch';
import { renameParameters } from '#lib/oauth/rename-parameters';
import type { NormalisedAnswer } from '#lib/oauth/token-answer';
import type { Grant } from '#lib/oauth/token-error';
import type { AccountParamValues, OAuthDeps, OAuthProvider, TokenCallRule, TokenSet } from '#lib/oauth/types';

/** Shows an access token and reads the one that is answered. @throws OAuthError */
async function callWithToken(
  provider: OAuthProvider,
  rule: TokenCallRule,
  { token, grant }: { token: string; grant: Grant },
  values: AccountParamValues,
  deps: OAuthDeps,
): Promise<NormalisedAnswer> {
  const client = rule.client_params.map((name): [string, string] => [
    name,
    name === 'client_id' ? provider.client_id : clientSecretOf(provider),
  ]);
  const parameters = new URLSearchParams([
    ...fillParameters(provider, rule.params, values),
    ...renameParameters(client, provider.token_param_names),
    ...(rule.token_param === null ? [] : [[rule.token_param, token] as [string, string]]),
  ]);
  const headers = new Headers(provider.accept_json ? { accept: 'application/json' } : {});
  if (rule.token_param === null) headers.set('authorization', `Bearer ${token}`);
  const url = new URL(fillEndpoint(provider, rule.endpoint, values));
  const init: RequestInit = { method: rule.dangerously_by_get ? 'GET' : 'POST', headers };
  if (rule.dangerously_by_get) for (const [name, value] of parameters) url.searchParams.append(name, value);
  else {
    headers.set('content-type', 'application/x-www-form-urlencoded');
    init.body = parameters.toString();
  }
  const response = await callAsClient(provider, url, init, hearing(provider, deps));
  const sent = [token, ...client.map(([, value]) => value)];
  return readTokenAnswer(provider, { grant, expectIdToken: false }, response, sent, deps);
}

/** Where an access token renews itself, it stands for the refresh token too, and ends when it does. */
const renewable = <Tokens extends Omit<TokenSet, 'id_token_claims'>>(tokens: Tokens): Tokens => ({
  ...tokens,
  refresh_token: tokens.access_token,
  refresh_token_expires_in: tokens.expires_in,
});

/**
 * The tokens to keep of a code's answer: where the record says so, the lasting ones that the first is exchanged for.
 * @throws OAuthError as the token endpoint's
 */
export async function settleTokens<Tokens extends Omit<TokenSet, 'id_token_claims'>>(
  provider: OAuthProvider,
  first: Tokens,
  values: AccountParamValues,
  deps: OAuthDeps,
): Promise<Tokens> {
  let tokens = first;
  if (provider.token_upgrade) {
    const shown = { token: first.access_token, grant: 'authorization_code' as const };
    const {
      id_token: _none,
      answer: _same,
      ...lasting
    } = await callWithToken(provider, provider.token_upgrade, shown, values, deps);
    const scopes = lasting.scopes ?? first.scopes;
    tokens = { ...first, ...lasting, scopes, extras: { ...first.extras, ...lasting.extras } };
  }
  return provider.token_renewal ? renewable(tokens) : tokens;
}

/** Renews an access token by showing it. @throws OAuthError as `refreshGrant` */
export async function renewToken(
  provider: OAuthProvider,
  token: string,
  values: AccountParamValues,
  deps: OAuthDeps,
): Promise<TokenSet> {
  if (!provider.token_renewal) throw new TypeError('The record has no token_renewal');
  const shown = { token, grant: 'refresh_token' as const };
  const { id_token: _none, ...tokens } = await callWithToken(provider, provider.token_renewal, shown, values, deps);
  return renewable({ ...tokens, id_token_claims: null });
}
