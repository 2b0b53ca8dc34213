import type { DocumentedServer } from '#tests/presets/documented';

const answer = { expires_in: 4069, token_type: 'bearer', restricted_to: [] };

export const box: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://account.box.com/api/oauth2/authorize',
  token: 'https://api.box.com/oauth2/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: ({ access, refresh }) => ({ ...answer, access_token: access, refresh_token: refresh }),
  refreshed: ({ access, refresh }) => ({ ...answer, access_token: access, refresh_token: refresh }),
  rotates: true,
  calls: {
    'GET https://api.box.com/2.0/users/me': {
      id: '11446498',
      type: 'user',
      name: 'Ada Lovelace',
      login: 'ada@example.com',
    },
  },
  revokes: { at: 'https://api.box.com/oauth2/revoke', by: 'form', auth: 'post', answer: { status: 200, body: '' } },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'Refresh token has expired' } },
  account: { subject: '11446498', label: 'ada@example.com' },
  lives: 4069,
};
