import type { DocumentedServer } from '#tests/presets/documented';

export const figma: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://www.figma.com/oauth',
  token: 'https://api.figma.com/v1/oauth/token',
  renew: 'https://api.figma.com/v1/oauth/refresh',
  scopes: { joined: ',' },
  pkce: 'taken',
  exchanged: ({ access, refresh }) => ({
    ...{ user_id_string: '1173892345678901234', access_token: access, token_type: 'bearer', expires_in: 7_776_000 },
    refresh_token: refresh,
  }),
  refreshed: ({ access }) => ({ access_token: access, token_type: 'bearer', expires_in: 7_776_000 }),
  calls: {
    'GET https://api.figma.com/v1/me': { id: '1173892345678901234', email: 'ada@example.com', handle: 'Ada Lovelace' },
  },
  refused: { status: 403, body: { status: 403, err: 'Invalid token' } },
  dead: { status: 400, body: { error: 'invalid_grant', message: 'Invalid refresh token' } },
  account: { subject: '1173892345678901234', label: 'ada@example.com' },
  lives: 7_776_000,
};
