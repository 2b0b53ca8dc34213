import type { DocumentedServer } from '#tests/presets/documented';

export const discord: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://discord.com/api/oauth2/authorize',
  token: 'https://discord.com/api/oauth2/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: ({ access, refresh, scopes }) => ({
    ...{ access_token: access, token_type: 'Bearer', expires_in: 604_800, refresh_token: refresh },
    scope: scopes.join(' '),
  }),
  refreshed: ({ access, refresh, scopes }) => ({
    ...{ access_token: access, token_type: 'Bearer', expires_in: 604_800, refresh_token: refresh },
    scope: scopes.join(' '),
  }),
  rotates: true,
  calls: {
    'GET https://discord.com/api/users/@me': {
      ...{ id: '80351110224678912', username: 'ada', global_name: 'Ada', email: 'ada@example.com', verified: true },
    },
  },
  revokes: {
    at: 'https://discord.com/api/oauth2/token/revoke',
    by: 'form',
    auth: 'basic',
    answer: { status: 200, body: {} },
  },
  dead: { status: 400, body: { error: 'invalid_grant' } },
  account: { subject: '80351110224678912', label: 'ada' },
  lives: 604_800,
};
