import type { DocumentedServer } from '#tests/presets/documented';

const answer = { token_type: 'Bearer', expires_in: 3600, refresh_expires_in: 5_184_000 };

export const airtable: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://airtable.com/oauth2/v1/authorize',
  token: 'https://airtable.com/oauth2/v1/token',
  scopes: { joined: ' ' },
  pkce: 'required',
  exchanged: ({ access, refresh, scopes }) => ({
    ...answer,
    access_token: access,
    refresh_token: refresh,
    scope: scopes.join(' '),
  }),
  refreshed: ({ access, refresh, scopes }) => ({
    ...answer,
    access_token: access,
    refresh_token: refresh,
    scope: scopes.join(' '),
  }),
  rotates: true,
  calls: { 'GET https://api.airtable.com/v0/meta/whoami': { id: 'usrL2PNC5o3H4lBEi', email: 'ada@example.com' } },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'The refresh token is not valid' } },
  account: { subject: 'usrL2PNC5o3H4lBEi', label: 'ada@example.com' },
  lives: 3600,
};
