import { createRemoteJWKSet, customFetch } from 'jose';
import { getWithinOrigin } from '#lib/oauth/metadata-request';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/** The keys that a server signs with, as published at its `jwks_uri`, also behind redirects on the same origin. */
export const serverKeys = (provider: OAuthProvider, jwksUri: string, deps: OAuthDeps) =>
  createRemoteJWKSet(new URL(jwksUri), {
    [customFetch]: (url, init) => getWithinOrigin(provider, new URL(url), init, deps),
  });

/** Signatures that prove something: never `none`, nor the HMAC family, since this client has its key too. */
export const signatures = (
  { id_token_signing_alg_values_supported }: PinnedEndpoints,
  otherwise: readonly string[],
): string[] => (id_token_signing_alg_values_supported ?? otherwise).filter((name) => !/^(HS|none)/i.test(name));
