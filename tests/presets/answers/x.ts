import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const answer = ({ access, refresh, scopes }: MadeTokens) => ({
  ...{ token_type: 'bearer', expires_in: 7200, access_token: access, scope: scopes.join(' '), refresh_token: refresh },
});

export const x: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://x.com/i/oauth2/authorize',
  token: 'https://api.x.com/2/oauth2/token',
  scopes: { joined: ' ' },
  pkce: 'required',
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: { 'GET https://api.x.com/2/users/me': { data: { id: '2244994945', name: 'Ada Lovelace', username: 'ada' } } },
  revokes: {
    at: 'https://api.x.com/2/oauth2/revoke',
    ...{ by: 'form', auth: 'basic', answer: { status: 200, body: { revoked: true } } },
  },
  dead: {
    status: 400,
    body: { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' },
  },
  account: { subject: '2244994945', label: 'ada' },
  lives: 7200,
};
