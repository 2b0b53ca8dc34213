import { importPKCS8 } from 'jose';
import { type ClientAuth, ClientSecretBasic, ClientSecretPost, None, PrivateKeyJwt } from 'openid-client';
import { OAuthError } from '#lib/oauth/oauth-error';
import type { OAuthProvider } from '#lib/oauth/types';

function secretOf(provider: OAuthProvider): string {
  if (!provider.client_secret) throw new OAuthError('invalid_client', { detail: 'client_secret' });
  return provider.client_secret.reveal();
}

/** Basic as RFC 6749 §2.3.1 writes it (form-encoded parts), or raw where a server expects RFC 7617 only. */
export function basicAuthentication(provider: OAuthProvider): ClientAuth {
  const secret = secretOf(provider);
  if (provider.basic_encoding === 'form') return ClientSecretBasic(secret);
  return (_server, client, _body, headers) => {
    headers.set('authorization', `Basic ${Buffer.from(`${client.client_id}:${secret}`).toString('base64')}`);
  };
}

/** How this client proves itself at the token endpoint; exactly one method per request. */
export async function clientAuthentication(provider: OAuthProvider): Promise<ClientAuth> {
  switch (provider.token_endpoint_auth_method) {
    case 'none':
      return None();
    case 'client_secret_post':
      return ClientSecretPost(secretOf(provider));
    case 'client_secret_basic':
      return basicAuthentication(provider);
    case 'private_key_jwt': {
      const pem = provider.client_private_key?.reveal() ?? '';
      const key = await importPKCS8(pem, provider.client_key_alg).catch(() => null);
      if (!key) throw new OAuthError('invalid_client', { detail: 'client_private_key' });
      return PrivateKeyJwt(provider.client_key_id ? { key, kid: provider.client_key_id } : key);
    }
  }
}
