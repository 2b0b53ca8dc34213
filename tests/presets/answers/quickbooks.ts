import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const person = { sub: '1182d6ec-60a0-4a5a-a95f-6a7d3a1b0a1d', email: 'ada@example.com', emailVerified: true };
const answer = ({ access, refresh, idToken }: MadeTokens) => ({
  ...{ token_type: 'bearer', expires_in: 3600, refresh_token: refresh, x_refresh_token_expires_in: 8_726_400 },
  access_token: access,
  id_token: idToken({ sub: person.sub, realmid: '9341453474484455' }, ['nonce']),
});

export const quickbooks: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://appcenter.intuit.com/connect/oauth2',
  token: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
  scopes: { joined: ' ' },
  pkce: 'taken',
  redirect: () => ({ realmId: '9341453474484455' }),
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: {
    'GET https://accounts.platform.intuit.com/v1/openid_connect/userinfo': { ...person, givenName: 'Ada' },
  },
  jwks: 'https://oauth.platform.intuit.com/op/v1/jwks',
  revokes: {
    at: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    ...{ by: 'json', auth: 'basic', answer: { status: 200, body: '' } },
  },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'Incorrect or invalid refresh token' } },
  account: { subject: `${person.sub}/9341453474484455`, label: 'ada@example.com' },
  extras: { realmId: '9341453474484455' },
  lives: 3600,
};
