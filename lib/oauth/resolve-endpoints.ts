import { endpointFault } from '#lib/config/provider-url';
import { checkAccountParams, fillEndpoint } from '#lib/oauth/account-params';
import { discoverMetadata } from '#lib/oauth/discover-metadata';
import type { DiscoveredMetadata } from '#lib/oauth/metadata-request';
import { isOAuthError, OAuthError } from '#lib/oauth/oauth-error';
import type { AccountParamValues, OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

const endpointNames = [
  ...(['authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'introspection_endpoint'] as const),
  ...(['userinfo_endpoint', 'jwks_uri', 'pushed_authorization_request_endpoint'] as const),
];

type EndpointName = (typeof endpointNames)[number];

/** A discovered endpoint may be plain http only where its issuer is, which the configuration allows on loopback only. */
function isUsable(issuer: string, endpoint: string): boolean {
  const url = URL.parse(endpoint);
  return url !== null && endpointFault(url, new URL(issuer)) === null;
}

/** The endpoints without which a flow of the record cannot end well. */
function neededBy(provider: OAuthProvider & { expiry_probe?: string }): EndpointName[] {
  const { identity, scopes, expiry_probe, require_pushed_authorization_requests: pushes } = provider;
  const introspects = identity.source === 'introspection' || expiry_probe === 'introspect';
  return [
    ...(['authorization_endpoint', 'token_endpoint'] as const),
    ...(identity.source === 'id_token' || scopes.includes('openid') ? (['jwks_uri'] as const) : []),
    ...(identity.source === 'userinfo' ? (['userinfo_endpoint'] as const) : []),
    ...(introspects ? (['introspection_endpoint'] as const) : []),
    ...(pushes ? (['pushed_authorization_request_endpoint'] as const) : []),
  ];
}

/**
 * The server's metadata, as far as the record leaves something to it. One that gives all it needs asks for none; where
 * only revocation is left open, it does without metadata that is out of reach.
 */
async function metadataFor(
  provider: OAuthProvider,
  issuer: string,
  deps: OAuthDeps,
  typed: boolean,
): Promise<DiscoveredMetadata> {
  if (provider.discovery === 'none') return {};
  const optional = neededBy(provider).every((name) => provider[name] !== null);
  if (optional && (provider.revocation_endpoint !== null || provider.revoke.style === 'none')) return {};
  try {
    return await discoverMetadata(provider, issuer, provider.discovery, deps, { optional, typed });
  } catch (error) {
    const absent = isOAuthError(error) && ['discovery_failed', 'discovery_redirected'].includes(error.code);
    if (optional && absent) return {};
    throw error;
  }
}

/** `client_secret_post` where the record says nothing and the server takes that and not the usual way. */
function authMethod(provider: OAuthProvider, { token_endpoint_auth_methods_supported: taken }: DiscoveredMetadata) {
  const other = taken?.includes('client_secret_post') && !taken.includes('client_secret_basic');
  return !provider.auth_method_written && other ? { token_endpoint_auth_method: 'client_secret_post' as const } : {};
}

/**
 * Whether the authorization request is pushed (RFC 9126): where the record says so or names the endpoint, or the server takes
 * no other (§5).
 */
const mustPush = (provider: OAuthProvider, { require_pushed_authorization_requests: required }: DiscoveredMetadata) =>
  provider.require_pushed_authorization_requests ??
  (provider.pushed_authorization_request_endpoint !== null || required === true);

/**
 * The endpoints to use for one flow: the record's, and where it is silent the ones of the server's metadata.
 * @param connected a connection has these parts: its server is remembered before servers that were only typed
 * @throws OAuthError `discovery_failed` (transient), `discovery_issuer`, `discovery_changed`, `discovery_incomplete`,
 * `account_param_invalid`.
 */
export async function resolveEndpoints(
  provider: OAuthProvider,
  deps: OAuthDeps,
  accountParams: AccountParamValues = {},
  { connected = false }: { connected?: boolean } = {},
): Promise<PinnedEndpoints> {
  checkAccountParams(provider, accountParams);
  const issuer = fillEndpoint(provider, provider.issuer, accountParams);
  const found = await metadataFor(provider, issuer, deps, !connected && provider.issuer.includes('{'));
  const endpoints: Partial<Record<EndpointName, string>> = {};
  for (const name of endpointNames) {
    const written = provider[name];
    const discovered = found[name];
    if (written !== null) endpoints[name] = fillEndpoint(provider, written, accountParams);
    // One that cannot be called counts as absent: the step that needs it says so, by its name.
    else if (discovered !== undefined && isUsable(issuer, discovered)) endpoints[name] = discovered;
  }
  const {
    authorization_endpoint,
    token_endpoint,
    pushed_authorization_request_endpoint: pushed,
    ...others
  } = endpoints;
  if (!authorization_endpoint) throw new OAuthError('discovery_incomplete', { detail: 'authorization_endpoint' });
  if (!token_endpoint) throw new OAuthError('discovery_incomplete', { detail: 'token_endpoint' });
  const pushes = mustPush(provider, found);
  if (pushes && !pushed)
    throw new OAuthError('discovery_incomplete', { detail: 'pushed_authorization_request_endpoint' });
  const algorithms = provider.id_token_signing_alg_values_supported ?? found.id_token_signing_alg_values_supported;
  return {
    issuer,
    authorization_endpoint,
    token_endpoint,
    ...others,
    ...(pushes && pushed ? { pushed_authorization_request_endpoint: pushed } : {}),
    authorization_response_iss_parameter_supported:
      provider.authorization_response_iss_parameter_supported ??
      found.authorization_response_iss_parameter_supported ??
      false,
    ...authMethod(provider, found),
    ...(algorithms ? { id_token_signing_alg_values_supported: [...algorithms] } : {}),
  };
}
