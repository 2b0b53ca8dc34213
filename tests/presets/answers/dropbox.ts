import type { DocumentedServer } from '#tests/presets/documented';

const account = 'dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc';

export const dropbox: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://www.dropbox.com/oauth2/authorize',
  token: 'https://api.dropboxapi.com/oauth2/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  asks: { token_access_type: 'offline' },
  exchanged: ({ access, refresh, scopes }) => ({
    ...{ access_token: access, expires_in: 14_400, token_type: 'bearer', scope: scopes.join(' ') },
    ...{ refresh_token: refresh, account_id: account, uid: '12345' },
  }),
  refreshed: ({ access }) => ({ access_token: access, expires_in: 14_400, token_type: 'bearer' }),
  calls: {
    'POST https://api.dropboxapi.com/2/users/get_current_account': {
      ...{ account_id: account, email: 'ada@example.com', email_verified: true, disabled: false },
      name: { given_name: 'Ada', surname: 'Lovelace', display_name: 'Ada Lovelace' },
    },
  },
  revokes: { at: 'https://api.dropboxapi.com/2/auth/token/revoke', by: 'token', answer: { status: 200, body: null } },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'refresh token is invalid or revoked' } },
  account: { subject: account, label: 'ada@example.com' },
  extras: { account_id: account },
  lives: 14_400,
};
