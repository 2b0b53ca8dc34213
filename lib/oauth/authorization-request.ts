import { createHash, randomBytes } from 'node:crypto';
import { accountChoice, type WantedAccount, withChoice } from '#lib/oauth/account-choice';
import { checkAccountParams, fillParameters } from '#lib/oauth/account-params';
import { OAuthError } from '#lib/oauth/oauth-error';
import { renameParameters } from '#lib/oauth/rename-parameters';
import type { AccountParamValues, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/**
 * The values that one flow must remember: 32 random bytes each for state, nonce and verifier, and the S256 challenge.
 */
export interface FlowSecrets {
  state: string;
  nonce: string;
  verifier: string;
  challenge: string;
}

const random = () => randomBytes(32).toString('base64url');

/** Fresh secrets of one flow, from the runtime's CSPRNG; the challenge is the verifier's SHA-256 (RFC 7636 §4.2). */
export function createFlowSecrets(): FlowSecrets {
  const verifier = random();
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  return { state: random(), nonce: random(), verifier, challenge };
}

export interface AuthorizationRequest {
  redirectUri: string;
  state: string;
  /** Sent only with the `openid` scope. */
  nonce: string;
  codeChallenge: string;
  scopes: readonly string[];
  accountParams?: AccountParamValues;
  /** Which account is meant; without it, the server decides. */
  account?: WantedAccount | undefined;
}

/**
 * The URL to send the browser to. PKCE is always S256 (RFC 7636) unless the record says `dangerously_without_pkce`;
 * state is always there (RFC 9700 §4.7).
 */
export function buildAuthorizationUrl(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  request: AuthorizationRequest,
): URL {
  if (request.accountParams) checkAccountParams(provider, request.accountParams);
  const { state, codeChallenge, scopes } = request;
  if (!state || !codeChallenge) throw new OAuthError('pkce_required', { detail: 'state_or_challenge_missing' });
  const parameters = new Map<string, string>([
    ['response_type', 'code'],
    ['client_id', provider.client_id],
    ['redirect_uri', request.redirectUri],
    ['state', state],
  ]);
  if (scopes.length > 0) parameters.set('scope', scopes.join(provider.scope_sep_out));
  if (scopes.includes('openid')) parameters.set('nonce', request.nonce);
  if (!provider.dangerously_without_pkce) {
    parameters.set('code_challenge', codeChallenge);
    parameters.set('code_challenge_method', 'S256');
  }
  const written = fillParameters(provider, provider.authorization_params, request.accountParams ?? {});
  const url = new URL(pinned.authorization_endpoint);
  const prompts = [...url.searchParams].filter(([name]) => name === 'prompt');
  const choice = request.account ? accountChoice(provider, request.account) : {};
  const extra = withChoice([...(written.some(([name]) => name === 'prompt') ? [] : prompts), ...written], choice);
  const own = renameParameters(parameters, provider.authorization_param_names);
  return withParameters(url, provider, [...extra, ...own]);
}

/** Puts parameters into the query, or into the fragment where the server's page reads them there. */
function withParameters(url: URL, provider: OAuthProvider, parameters: [string, string][]): URL {
  const inFragment = provider.authorization_params_in === 'fragment';
  const [route = '', written = ''] = inFragment ? url.hash.split('?', 2) : ['', url.search];
  const query = new URLSearchParams(written);
  for (const name of new Set(parameters.map(([name]) => name))) query.delete(name);
  for (const [name, value] of parameters) query.append(name, value);
  if (inFragment) url.hash = `${route}?${query}`;
  else url.search = query.toString();
  return url;
}

/** Whether a URL for the browser asks for PKCE with S256, in its query or in its fragment. */
export function asksForS256({ search, hash }: URL): boolean {
  const written = [search, hash.slice(hash.indexOf('?') + 1)].map((text) => new URLSearchParams(text));
  return written.some((parameters) => parameters.get('code_challenge_method') === 'S256');
}
