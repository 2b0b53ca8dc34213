import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { type GrantTokens, revokeGrant } from '#lib/oauth/revoke-token';
import type { AccountParamValues, PinnedEndpoints, TokenSet } from '#lib/oauth/types';
import {
  depsFor,
  nonce,
  pinnedOf,
  quirkyRecord,
  redirectUri,
  runExchange,
  verifier,
} from '#tests/servers/quirky-provider';
import { type Behaviour, type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';

/** Fields of a record. */
export type Fields = Record<string, unknown>;

/** What a plain token answer gives. */
const plainTokens: TokenSet = {
  ...{ access_token: 'at-1', token_type: 'bearer', expires_in: null, scopes: null },
  ...{ refresh_token: null, refresh_token_expires_in: null, id_token_claims: null, extras: {} },
};

/** A server that answers one of its endpoints so. */
export async function answering(behaviour: Behaviour, route = 'POST /token'): Promise<QuirkyServer> {
  const server = await quirkyServer();
  server.on(route, behaviour);
  return server;
}

/** The tokens of a code, where the token endpoint answers so. */
export async function exchanged(behaviour: Behaviour, fields: Fields = {}): Promise<TokenSet> {
  const server = await answering(behaviour);
  return runExchange(quirkyRecord(server, fields), pinnedOf(server));
}

/** The tokens of a refresh, where the token endpoint answers so. */
export async function refreshed(behaviour: Behaviour, fields: Fields = {}): Promise<TokenSet> {
  const server = await answering(behaviour);
  const record = quirkyRecord(server, fields);
  return refreshGrant(record, pinnedOf(server), { refreshToken: 'rt-0' }, depsFor(record));
}

/** The tokens of a flow with these parameters on its redirect. */
export async function redirected(
  server: QuirkyServer,
  parameters: Record<string, string>,
  fields: Fields = {},
  at: { pinned?: Partial<PinnedEndpoints>; accountParams?: AccountParamValues; scopes?: readonly string[] } = {},
): Promise<TokenSet> {
  const record = quirkyRecord(server, fields);
  const pinned = pinnedOf(server, at.pinned);
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ state: 'state-1', ...parameters }).toString();
  const checked = checkCallback(record, pinned, url, { state: 'state-1' });
  const flow = { verifier, nonce, redirectUri, scopes: at.scopes ?? [], accountParams: at.accountParams ?? {} };
  return exchangeCode(record, pinned, checked, flow, depsFor(record));
}

/** Who it is, as the server says of these tokens. */
export function identified(server: QuirkyServer, fields: Fields = {}, changes: Partial<TokenSet> = {}) {
  const record = quirkyRecord(server, fields);
  return fetchIdentity(record, pinnedOf(server), { ...plainTokens, ...changes }, depsFor(record));
}

/** How a revocation goes, where its endpoint answers so. */
export async function revoked(
  behaviour: Behaviour,
  fields: Fields = {},
  tokens: GrantTokens = { accessToken: 'at-1', refreshToken: 'rt-1' },
) {
  const server = await answering(behaviour, 'POST /revoke');
  const record = quirkyRecord(server, fields);
  return revokeGrant(record, pinnedOf(server), tokens, depsFor(record));
}
