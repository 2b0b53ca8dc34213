import type { DocumentedServer } from '#tests/presets/documented';

export const bitbucket: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://bitbucket.org/site/oauth2/authorize',
  token: 'https://bitbucket.org/site/oauth2/access_token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: ({ access, refresh, scopes }) => ({
    ...{ scopes: scopes.join(' '), access_token: access, expires_in: 7200, token_type: 'bearer' },
    ...{ state: 'authorization_code', refresh_token: refresh },
  }),
  refreshed: ({ access, refresh, scopes }) => ({
    ...{ scopes: scopes.join(' '), access_token: access, expires_in: 7200, token_type: 'bearer' },
    ...{ state: 'refresh_token', refresh_token: refresh },
  }),
  calls: {
    'GET https://api.bitbucket.org/2.0/user': {
      ...{
        type: 'user',
        uuid: '{5a1c7d3e-0000-4000-8000-000000000001}',
        username: 'ada',
        display_name: 'Ada Lovelace',
      },
    },
  },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid refresh_token' } },
  account: { subject: '{5a1c7d3e-0000-4000-8000-000000000001}', label: 'ada' },
  lives: 7200,
};
