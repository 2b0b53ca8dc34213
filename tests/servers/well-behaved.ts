import { clientSecret } from '#tests/servers/quirky-provider';
import type { QuirkyServer } from '#tests/servers/quirky-server';

/** The metadata of a server that does everything. */
export const metadataOf = (url: string): Record<string, unknown> => ({
  issuer: url,
  authorization_endpoint: `${url}/authorize`,
  token_endpoint: `${url}/token`,
  revocation_endpoint: `${url}/revoke`,
  introspection_endpoint: `${url}/introspect`,
  userinfo_endpoint: `${url}/userinfo`,
  jwks_uri: `${url}/jwks`,
  scopes_supported: ['openid', 'read', 'write'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['client_secret_basic'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
});

/** Only `client-1` with its secret, form-encoded in HTTP Basic. */
const knows = (header: string | undefined): boolean => {
  const encoded = [['client-1', clientSecret].map((text) => new URLSearchParams({ '': text }).toString().slice(1))];
  return header === `Basic ${Buffer.from(encoded[0]?.join(':') ?? '').toString('base64')}`;
};

/** Lets a server answer as a good one does that knows one client and no grant. */
export function behaveWell(server: QuirkyServer): void {
  const unknownClient = { status: 401, json: { error: 'invalid_client' } } as const;
  server.on('GET /.well-known/openid-configuration', { json: metadataOf(server.url) });
  server.on('GET /authorize', { status: 303, headers: { location: '/sign-in' }, text: '' });
  server.on('POST /token', ({ headers }) =>
    knows(headers.authorization) ? { status: 400, json: { error: 'invalid_grant' } } : unknownClient,
  );
  server.on('POST /revoke', ({ headers }) => (knows(headers.authorization) ? { text: '' } : unknownClient));
  server.on('POST /introspect', ({ headers }) =>
    knows(headers.authorization) ? { json: { active: false } } : unknownClient,
  );
  server.on('GET /userinfo', { status: 401, text: '' });
  server.on('GET /jwks', {
    json: { keys: [{ kty: 'RSA', alg: 'RS256', use: 'sig', kid: 'one', n: 'AQAB', e: 'AQAB' }] },
  });
}
