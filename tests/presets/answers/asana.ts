import type { DocumentedServer } from '#tests/presets/documented';

const data = { id: 4673218951, gid: '4673218951', name: 'Ada Lovelace', email: 'ada@example.com' };

export const asana: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://app.asana.com/-/oauth_authorize',
  token: 'https://app.asana.com/-/oauth_token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: ({ access, refresh }) => ({
    ...{ access_token: access, expires_in: 3600, token_type: 'bearer', data, refresh_token: refresh },
  }),
  // A refresh brings no new refresh token.
  refreshed: ({ access }) => ({ access_token: access, expires_in: 3600, token_type: 'bearer', data }),
  calls: { 'GET https://app.asana.com/api/1.0/users/me': { data } },
  revokes: {
    at: 'https://app.asana.com/-/oauth_revoke',
    ...{ by: 'form', auth: 'post', answer: { status: 200, body: {} } },
  },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'The `refresh_token` is invalid.' } },
  account: { subject: '4673218951', label: 'ada@example.com' },
  lives: 3600,
};
