import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const claims = { sub: '782bbtaQ', name: 'Ada Lovelace', email: 'ada@example.com', email_verified: 'true' };
const answer = ({ access, idToken }: MadeTokens) => ({
  ...{ access_token: access, expires_in: 5_183_999, scope: 'email,openid,profile', token_type: 'Bearer' },
  id_token: idToken(claims, ['nonce']),
});

export const linkedin: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://www.linkedin.com/oauth/v2/authorization',
  token: 'https://www.linkedin.com/oauth/v2/accessToken',
  scopes: { joined: ' ' },
  pkce: 'refused',
  exchanged: answer,
  calls: { 'GET https://api.linkedin.com/v2/userinfo': claims },
  jwks: 'https://www.linkedin.com/oauth/openid/jwks',
  introspects: { at: 'https://www.linkedin.com/oauth/v2/introspectToken', body: { auth_type: '3L', status: 'active' } },
  account: { subject: '782bbtaQ', label: 'ada@example.com' },
  lives: 5_183_999,
};
