import type { ClientAuth } from 'openid-client';
import { fillHeaders } from '#lib/oauth/account-params';
import { secretsOfClient } from '#lib/oauth/basic-credentials';
import { basicAuthentication, clientAuthentication } from '#lib/oauth/client-authentication';
import { callAsClient } from '#lib/oauth/client-call';
import { clientRequest } from '#lib/oauth/client-request';
import { OAuthError } from '#lib/oauth/oauth-error';
import { callProvider, readObject } from '#lib/oauth/provider-call';
import { codesIn, isListed, saysError } from '#lib/oauth/provider-codes';
import { saidIn } from '#lib/oauth/provider-said';
import { showToken } from '#lib/oauth/show-token';
import { describes, isClientRefusal, providerErrorOf } from '#lib/oauth/token-error';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

type TokenKind = 'refresh_token' | 'access_token';

export interface GrantTokens {
  accessToken: string | null;
  refreshToken: string | null;
}

/** `unsupported`: the provider offers no way; the person ends the grant at the record's `manual_url`, if there is one. */
export type RevocationOutcome = 'revoked' | 'unsupported';

/** Whether the record knows the answer as that to a token which was dead already. */
function saysGone({ revoke }: OAuthProvider, status: number, body: Record<string, unknown> | null): boolean {
  const codes = body ? codesIn(body) : [];
  return codes.some((code) => isListed(revoke.gone_codes, code)) || describes(revoke.gone_answers, status, body ?? {});
}

async function authenticationFor(provider: OAuthProvider, pinned: PinnedEndpoints): Promise<ClientAuth | null> {
  switch (provider.revoke.auth) {
    case 'none':
      return null;
    case 'basic':
      return basicAuthentication(provider);
    case 'client':
      return clientAuthentication(provider, pinned);
  }
}

/** Which tokens to hand in, in order: the record's kind first, the other where that is all there is. */
function tokensToRevoke(provider: OAuthProvider, tokens: GrantTokens): [TokenKind, string][] {
  const all: [TokenKind, string | null][] = [
    ['refresh_token', tokens.refreshToken],
    ['access_token', tokens.accessToken],
  ];
  const held = all.filter((entry): entry is [TokenKind, string] => entry[1] !== null);
  if (provider.revoke.token_kind === 'both') return held;
  const wanted = held.filter(([kind]) => kind === provider.revoke.token_kind);
  return wanted.length > 0 ? wanted : held.slice(0, 1);
}

/** RFC 7009 §2.2: 200 also for a token that is dead already; some servers say so with `invalid_token` instead. */
async function revokeAsRfc7009(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  url: string,
  [kind, token]: [TokenKind, string],
  deps: OAuthDeps,
): Promise<RevocationOutcome> {
  const authentication = await authenticationFor(provider, pinned);
  const { format, param_names } = provider.revoke;
  const headers = fillHeaders(provider, provider.revoke.headers, {});
  const shape = { format, headers, ...(param_names ? { names: param_names } : {}) };
  const handed = { token, token_type_hint: kind };
  const response = await clientRequest(provider, pinned, url, handed, authentication, deps, shape);
  if (response.ok && !provider.error_in_200) return 'revoked';
  const body = await readObject(response);
  if (response.ok && !(body && saysError(body))) return 'revoked';
  if (saysGone(provider, response.status, body)) return 'revoked';
  const codes = body ? codesIn(body) : [];
  if (codes.includes('unsupported_token_type')) return 'unsupported';
  const isClient = response.status === 401 || codes.some(isClientRefusal);
  const code = isClient ? 'invalid_client' : 'request_rejected';
  throw new OAuthError(code, {
    ...saidIn(body, [token, ...secretsOfClient(provider)]),
    detail: `http_${response.status}`,
  });
}

/** GitHub's way: DELETE with Basic and the access token in a JSON body; 204, or 404 and 422 for a token it refuses. */
async function revokeByDelete(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  url: string,
  tokens: GrantTokens,
  deps: OAuthDeps,
): Promise<void> {
  const secrets = [tokens.accessToken ?? '', ...secretsOfClient(provider)];
  const headers = new Headers({ accept: 'application/json', 'content-type': 'application/json' });
  const authentication = await authenticationFor(provider, pinned);
  const client = { client_id: provider.client_id };
  await authentication?.({ issuer: pinned.issuer }, client, new URLSearchParams(), headers);
  const body = JSON.stringify({ access_token: tokens.accessToken });
  const response = await callAsClient(provider, url, { method: 'DELETE', headers, body }, deps);
  if (response.ok) {
    const said = provider.error_in_200 ? await readObject(response) : null;
    const error = said && providerErrorOf(said);
    if (error)
      throw new OAuthError('request_rejected', { ...saidIn(said, secrets), detail: `http_${response.status}` });
    return;
  }
  const options = { ...saidIn(await readObject(response), secrets), detail: `http_${response.status}` };
  if (response.status === 401) throw new OAuthError('invalid_client', options);
  const refused = response.status === 404 || response.status === 422;
  if (!refused) throw new OAuthError('request_rejected', options);
  // The access token is dead. Without a refresh token so is the grant; with one, refresh first and try again.
  if (tokens.refreshToken !== null) throw new OAuthError('token_rejected', options);
}

/**
 * The access token ends itself: it is shown as in calls of the API, and nothing else is said. A server that no longer
 * takes it answers 401. Where there is a refresh token, that may live on: refresh first and try again.
 */
async function revokeByToken(
  provider: OAuthProvider,
  url: string,
  accessToken: string,
  refreshToken: string | null,
  deps: OAuthDeps,
): Promise<void> {
  const shown = showToken(provider.identity, url, accessToken);
  const further = fillHeaders(provider, provider.revoke.headers, {});
  const headers = new Headers({ accept: 'application/json', ...further, ...shown.headers });
  const body = shown.body === undefined ? {} : { body: shown.body };
  const response = await callProvider(provider, shown.url, { method: provider.revoke.method, headers, ...body }, deps);
  const said = !response.ok || provider.error_in_200 ? await readObject(response) : null;
  const error = said && providerErrorOf(said);
  if (response.ok && !error) return;
  const options = { ...saidIn(said, [accessToken, ...secretsOfClient(provider)]), detail: `http_${response.status}` };
  const dead = response.status === 401 || saysGone(provider, response.status, said);
  if (!dead) throw new OAuthError('request_rejected', options);
  if (refreshToken !== null) throw new OAuthError('token_rejected', options);
}

/** Whether the provider offers clients a way to end a grant at all. */
export const offersRevocation = (provider: OAuthProvider, { revocation_endpoint }: PinnedEndpoints): boolean =>
  provider.revoke.style !== 'none' && Boolean(revocation_endpoint);

/**
 * Ends a grant at the provider, in the way its record says.
 * @throws OAuthError: a transient one (with `retryAfterSeconds` where the provider gave one) when trying again later makes
 *   sense, `token_rejected` when a fresh access token is needed first
 */
export async function revokeGrant(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  tokens: GrantTokens,
  deps: OAuthDeps,
): Promise<RevocationOutcome> {
  const url = pinned.revocation_endpoint;
  const handed = tokensToRevoke(provider, tokens);
  if (!url || !offersRevocation(provider, pinned) || handed.length === 0) return 'unsupported';
  if (provider.revoke.style === 'delete_json') {
    // Only an access token ends the grant: a refresh brings one.
    if (tokens.accessToken === null) throw new OAuthError('token_rejected', { detail: 'no_access_token' });
    await revokeByDelete(provider, pinned, url, tokens, deps);
    return 'revoked';
  }
  if (provider.revoke.style === 'bearer') {
    if (tokens.accessToken === null) throw new OAuthError('token_rejected', { detail: 'no_access_token' });
    await revokeByToken(provider, url, tokens.accessToken, tokens.refreshToken, deps);
    return 'revoked';
  }
  const outcomes: RevocationOutcome[] = [];
  for (const entry of handed) outcomes.push(await revokeAsRfc7009(provider, pinned, url, entry, deps));
  return outcomes.includes('revoked') ? 'revoked' : 'unsupported';
}
