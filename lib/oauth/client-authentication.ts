import { importPKCS8 } from 'jose';
import {
  type ClientAuth,
  ClientSecretJwt,
  ClientSecretPost,
  type ModifyAssertionOptions,
  modifyAssertion,
  None,
  PrivateKeyJwt,
} from 'openid-client';
import { basicHeader, clientSecretOf } from '#lib/oauth/basic-credentials';
import { OAuthError } from '#lib/oauth/oauth-error';
import type { OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/**
 * HTTP Basic in the record's encoding; the call itself knows the host, and what that reads. openid-client's own
 * percent-encodes `- . _` too, which servers that do not decode refuse.
 */
export function basicAuthentication(provider: OAuthProvider): ClientAuth {
  const header = basicHeader(provider, provider.basic_encoding);
  return (_server, { client_id }, body, headers) => {
    headers.set('authorization', header);
    if (provider.client_id_in_body) body.set('client_id', client_id);
  };
}

/** Audience and issuer of an assertion, as the record has them. */
function assertionOf(
  { client_assertion_audience: written, client_assertion_issuer: issuer }: OAuthProvider,
  pinned: PinnedEndpoints,
): ModifyAssertionOptions {
  const audience =
    written === 'issuer' ? pinned.issuer : written === 'token_endpoint' ? pinned.token_endpoint : written;
  return {
    [modifyAssertion]: (_header, payload) => {
      payload.aud = audience;
      if (issuer !== null) payload.iss = issuer;
    },
  };
}

/**
 * How this client proves itself at the token endpoint; exactly one method per request. An assertion's `aud` is the issuer
 * (draft-ietf-oauth-rfc7523bis §4), or the token endpoint for servers that follow RFC 7523 §3 to the letter.
 */
export async function clientAuthentication(provider: OAuthProvider, pinned: PinnedEndpoints): Promise<ClientAuth> {
  switch (pinned.token_endpoint_auth_method ?? provider.token_endpoint_auth_method) {
    case 'none':
      return None();
    case 'client_secret_post':
      return ClientSecretPost(clientSecretOf(provider));
    case 'client_secret_basic':
      return basicAuthentication(provider);
    case 'client_secret_jwt':
      return ClientSecretJwt(clientSecretOf(provider), assertionOf(provider, pinned));
    case 'private_key_jwt': {
      const pem = provider.client_private_key?.reveal() ?? '';
      const key = await importPKCS8(pem, provider.client_key_alg).catch(() => null);
      if (!key) throw new OAuthError('invalid_client', { detail: 'client_private_key' });
      return PrivateKeyJwt(
        provider.client_key_id ? { key, kid: provider.client_key_id } : key,
        assertionOf(provider, pinned),
      );
    }
  }
}
