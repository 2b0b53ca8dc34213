import { endpointFault } from '#lib/config/provider-url';
import { checkAccountParams, fillEndpoint } from '#lib/oauth/account-params';
import { type DiscoveredMetadata, discoverMetadata } from '#lib/oauth/discover-metadata';
import { OAuthError } from '#lib/oauth/oauth-error';
import type { AccountParamValues, OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

const endpointNames = [
  ...(['authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'introspection_endpoint'] as const),
  ...(['userinfo_endpoint', 'jwks_uri'] as const),
];

/** A discovered endpoint may be plain http only where its issuer is, which the configuration allows on loopback only. */
function checkDiscovered(issuer: string, endpoint: string): string {
  const url = URL.parse(endpoint);
  if (!url || endpointFault(url, new URL(issuer)) !== null)
    throw new OAuthError('discovery_incomplete', { detail: 'endpoint' });
  return endpoint;
}

/**
 * The endpoints to use for one flow: what the record says, and where it is silent what the server's metadata says.
 * @throws OAuthError `discovery_failed` (transient), `discovery_issuer`, `discovery_changed`, `discovery_incomplete`,
 * `account_param_invalid`.
 */
export async function resolveEndpoints(
  provider: OAuthProvider,
  deps: OAuthDeps,
  accountParams: AccountParamValues = {},
): Promise<PinnedEndpoints> {
  checkAccountParams(provider, accountParams);
  const issuer = fillEndpoint(provider, provider.issuer, accountParams);
  const found: DiscoveredMetadata =
    provider.discovery === 'none' ? {} : await discoverMetadata(provider, issuer, provider.discovery, deps);
  const endpoints: Partial<Record<(typeof endpointNames)[number], string>> = {};
  for (const name of endpointNames) {
    const written = provider[name];
    const discovered = found[name];
    if (written !== null) endpoints[name] = fillEndpoint(provider, written, accountParams);
    else if (discovered !== undefined) endpoints[name] = checkDiscovered(issuer, discovered);
  }
  const { authorization_endpoint, token_endpoint, ...others } = endpoints;
  if (!authorization_endpoint || !token_endpoint)
    throw new OAuthError('discovery_incomplete', { detail: 'missing_endpoint' });
  const algorithms = provider.id_token_signing_alg_values_supported ?? found.id_token_signing_alg_values_supported;
  return {
    issuer,
    authorization_endpoint,
    token_endpoint,
    ...others,
    authorization_response_iss_parameter_supported:
      provider.authorization_response_iss_parameter_supported ??
      found.authorization_response_iss_parameter_supported ??
      false,
    ...(algorithms ? { id_token_signing_alg_values_supported: [...algorithms] } : {}),
  };
}
