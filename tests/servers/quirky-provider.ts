import { type ProviderRecordInput, providerRecordSchema } from '#lib/config/provider-record';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints, TokenSet } from '#lib/oauth/types';
import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
import type { ProviderRecord } from '#lib/providers/record';
import { resolveRecord } from '#lib/providers/resolve-record';
import type { QuirkyServer } from '#tests/servers/quirky-server';

export const appUrl = new URL('http://localhost:3000');
export const redirectUri = 'http://localhost:3000/oauth/callback';
export const clientSecret = 'quirky client+secret/with%marks';

/** A plain OAuth 2.0 record at the server, plus what a test says, through the same schema as PROVIDERS_FILE. */
export function quirkyRecord(server: QuirkyServer, overrides: Record<string, unknown> = {}): ProviderRecord {
  const entry: ProviderRecordInput = providerRecordSchema({ appUrl }).parse({
    id: 'quirky',
    name: 'Quirky',
    issuer: server.url,
    authorization_endpoint: `${server.url}/authorize`,
    token_endpoint: `${server.url}/token`,
    revocation_endpoint: `${server.url}/revoke`,
    introspection_endpoint: `${server.url}/introspect`,
    userinfo_endpoint: `${server.url}/userinfo`,
    jwks_uri: `${server.url}/jwks`,
    client_id: 'client-1',
    client_secret: clientSecret,
    scopes: ['read', 'write'],
    ...overrides,
  });
  return resolveRecord(entry);
}

/** What `resolveEndpoints` gives for a record without metadata. */
export function pinnedOf(server: QuirkyServer, overrides: Partial<PinnedEndpoints> = {}): PinnedEndpoints {
  return {
    issuer: server.url,
    authorization_endpoint: `${server.url}/authorize`,
    token_endpoint: `${server.url}/token`,
    revocation_endpoint: `${server.url}/revoke`,
    introspection_endpoint: `${server.url}/introspect`,
    userinfo_endpoint: `${server.url}/userinfo`,
    jwks_uri: `${server.url}/jwks`,
    authorization_response_iss_parameter_supported: false,
    ...overrides,
  };
}

/** The real guarded fetch, with short limits; loopback only for hosts that the record wrote. */
export function depsFor(provider: OAuthProvider, options: { timeoutMs?: number; maxBytes?: number } = {}): OAuthDeps {
  const operatorHosts = new Set(provider.operator_hosts);
  return { fetch: createGuardedFetch({ operatorHosts, timeoutMs: 5_000, ...options }), now: () => new Date() };
}

export const verifier = 'v'.repeat(43);
export const nonce = 'nonce-of-this-flow';

/** Runs the second half of a flow: callback with a good code, then the exchange. */
export async function runExchange(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  deps = depsFor(provider),
  scopes: readonly string[] = provider.scopes,
): Promise<TokenSet> {
  const callback = new URL(`${redirectUri}?code=code-1&state=state-1`);
  const checked = checkCallback(provider, pinned, callback, { state: 'state-1' });
  return exchangeCode(provider, pinned, checked, { verifier, nonce, redirectUri, scopes }, deps);
}
