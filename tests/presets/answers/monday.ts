import type { DocumentedServer } from '#tests/presets/documented';

const me = { id: '4012689', name: 'Ada Lovelace', email: 'ada@example.com', account: { id: '778899', slug: 'acme' } };

export const monday: DocumentedServer = {
  client: 'post',
  body: 'json',
  authorize: 'https://auth.monday.com/oauth2/authorize',
  token: 'https://auth.monday.com/oauth_ms/oauth/token',
  scopes: { joined: ' ' },
  pkce: 'required',
  exchanged: ({ access, refresh, scopes }) => ({
    ...{ access_token: access, refresh_token: refresh, token_type: 'Bearer', scope: scopes.join(' ') },
  }),
  refreshed: ({ access, refresh, scopes }) => ({
    ...{ access_token: access, refresh_token: refresh, token_type: 'Bearer', scope: scopes.join(' ') },
  }),
  rotates: true,
  calls: { 'POST https://api.monday.com/v2': { data: { me } } },
  revokes: {
    at: 'https://auth.monday.com/oauth_ms/oauth/revoke',
    ...{ by: 'json', auth: 'post', answer: { status: 200, body: { success: true } } },
  },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid refresh token' } },
  account: { subject: '778899/4012689', label: 'ada@example.com' },
  extras: { account_id: '778899', account_slug: 'acme' },
  // The answer does not say; the documentation's example has an hour.
  lives: 3600,
};
