import {
  allowInsecureRequests,
  type ClientAuth,
  Configuration,
  clockSkew,
  clockTolerance,
  customFetch,
  enableNonRepudiationChecks,
} from 'openid-client';
import { isLoopbackHost } from '#lib/config/address-class';
import type { TokenExchange } from '#lib/oauth/normalising-fetch';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/** Seconds that a provider's clock may differ from ours when an ID token's times are checked. */
const clockToleranceSeconds = 60;

/** openid-client's configuration for one exchange or refresh at pinned endpoints. */
export function clientConfiguration(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  authentication: ClientAuth,
  exchange: TokenExchange,
  deps: OAuthDeps,
): Configuration {
  const skew = Math.round((deps.now().getTime() - Date.now()) / 1000);
  const configuration = new Configuration(
    { ...pinned },
    provider.client_id,
    { [clockSkew]: skew, [clockTolerance]: clockToleranceSeconds },
    authentication,
  );
  // Its 30 s count the time in which this process stood still; the guarded fetch has a limit of its own.
  configuration.timeout = undefined;
  configuration[customFetch] = (url, options) => exchange.fetch(url, options as RequestInit);
  // TLS vouches for the token endpoint, but signatures are checked all the same (OpenID Connect Core §3.1.3.7). That also
  // refuses `none` and the HMAC family, which a server may advertise.
  enableNonRepudiationChecks(configuration);
  const tokenEndpoint = new URL(pinned.token_endpoint);
  if (tokenEndpoint.protocol === 'http:' && isLoopbackHost(tokenEndpoint)) allowInsecureRequests(configuration);
  return configuration;
}
