import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const answer = ({ access, refresh, scopes }: MadeTokens) => ({
  ...{ token_type: 'bearer', access_token: access, refresh_token: refresh, expires_in: 1800 },
  ...{ hub_id: 1_234_567, user_id: 293_199, scopes: [...scopes] },
});

export const hubspot: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://app.hubspot.com/oauth/authorize',
  token: 'https://api.hubapi.com/oauth/2026-03/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: answer,
  refreshed: answer,
  calls: {},
  introspects: {
    at: 'https://api.hubapi.com/oauth/2026-03/token/introspect',
    body: {
      hub_id: 1_234_567,
      user_id: 293_199,
      user: 'ada@example.com',
      hub_domain: 'acme.example',
      token_use: 'access_token',
    },
  },
  revokes: {
    at: 'https://api.hubapi.com/oauth/2026-03/token/revoke',
    ...{ by: 'form', auth: 'post', answer: { status: 200, body: '' } },
  },
  dead: { status: 400, body: { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' } },
  account: { subject: '1234567/293199', label: 'ada@example.com' },
  extras: { hub_id: 1_234_567 },
  lives: 1800,
};
