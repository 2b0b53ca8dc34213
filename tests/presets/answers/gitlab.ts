import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const host = 'https://gitlab.com';
const answer = ({ access, refresh, scopes, idToken }: MadeTokens) => ({
  ...{ access_token: access, token_type: 'Bearer', expires_in: 7200, refresh_token: refresh, scope: scopes.join(' ') },
  created_at: Math.floor(Date.now() / 1000),
  id_token: idToken({ sub: '4711', name: 'Ada Lovelace', preferred_username: 'ada', email: 'ada@example.com' }),
});

export const gitlab: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: `${host}/oauth/authorize`,
  token: `${host}/oauth/token`,
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: { [`GET ${host}/oauth/userinfo`]: { sub: '4711', preferred_username: 'ada', email: 'ada@example.com' } },
  metadata: {
    at: `${host}/.well-known/openid-configuration`,
    body: (at) => ({
      issuer: at(host),
      authorization_endpoint: at(`${host}/oauth/authorize`),
      token_endpoint: at(`${host}/oauth/token`),
      revocation_endpoint: at(`${host}/oauth/revoke`),
      introspection_endpoint: at(`${host}/oauth/introspect`),
      userinfo_endpoint: at(`${host}/oauth/userinfo`),
      jwks_uri: at(`${host}/oauth/discovery/keys`),
      code_challenge_methods_supported: ['plain', 'S256'],
      id_token_signing_alg_values_supported: ['RS256'],
    }),
  },
  jwks: `${host}/oauth/discovery/keys`,
  introspects: { at: `${host}/oauth/introspect`, body: { scope: 'read_user', token_type: 'Bearer' } },
  revokes: { at: `${host}/oauth/revoke`, by: 'form', auth: 'post', answer: { status: 200, body: {} } },
  dead: {
    status: 400,
    body: { error: 'invalid_grant', error_description: 'The provided authorization grant is invalid' },
  },
  account: { subject: '4711', label: 'ada' },
  lives: 7200,
};
