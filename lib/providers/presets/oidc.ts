import type { Preset } from '#lib/providers/preset';
import { standardScopes } from '#lib/providers/standard-scopes';

/** Any server that keeps to OpenID Connect Discovery and Core. */
const record: Preset['record'] = () => ({
  discovery: 'oidc',
  step_up: 'auth_time',
  scopes: ['openid', 'profile', 'email'],
  sign_in_scopes: ['openid', 'profile', 'email'],
  identity: {
    source: 'id_token',
    label: ['email', 'preferred_username', 'name', 'sub'],
    email: 'email',
    email_verified: 'email_verified',
    name: 'name',
  },
  scope_descriptions: standardScopes,
});

export const oidc: Preset = {
  about: {
    console: 'https://openid.net/developers/how-connect-works/',
    setup: ['Register a confidential web client with the redirect URI and the authorization code flow at your server.'],
    sources: [
      {
        url: 'https://openid.net/specs/openid-connect-discovery-1_0.html',
        says: 'everything comes from the metadata of the issuer',
      },
      {
        url: 'https://www.rfc-editor.org/rfc/rfc9700.html',
        says: 'PKCE (S256) for every client; a server may be older than that',
      },
    ],
    pkce: 'undocumented',
  },
  record,
};
