import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const team = { id: 'T9TK3CUKW', name: 'Acme' };
const common = { ok: true, app_id: 'A0KRD7HC3', team, enterprise: null, is_enterprise_install: false };
const rotating = { expires_in: 43_200, token_type: 'bot' };

const server = {
  client: 'basic',
  body: 'form',
  authorize: 'https://slack.com/oauth/v2/authorize',
  token: 'https://slack.com/api/oauth.v2.access',
  pkce: 'refused',
  rotates: true,
  revokes: {
    at: 'https://slack.com/api/auth.revoke',
    ...{ by: 'form', answer: { status: 200, body: { ok: true, revoked: true } } },
  },
  dead: { status: 200, body: { ok: false, error: 'invalid_refresh_token' } },
  refused: { status: 200, body: { ok: false, error: 'token_revoked' } },
  lives: 43_200,
} satisfies Partial<DocumentedServer>;

const whoami = (user: string, user_id: string) => ({
  'GET https://slack.com/api/auth.test': {
    ...{ ok: true, url: 'https://acme.slack.com/', team: 'Acme', user, team_id: team.id, user_id },
  },
});

export const slack: DocumentedServer = {
  ...server,
  scopes: { joined: ',' },
  exchanged: ({ access, refresh, scopes }) => ({
    ...{ ...common, ...rotating, access_token: access, refresh_token: refresh, scope: scopes.join(',') },
    ...{ bot_user_id: 'U0KRQLJ9H', authed_user: { id: 'U1234' } },
  }),
  refreshed: ({ access, refresh, scopes }: MadeTokens) => ({
    ...{ ...common, ...rotating, access_token: access, refresh_token: refresh, scope: scopes.join(',') },
    bot_user_id: 'U0KRQLJ9H',
  }),
  calls: whoami('grantkeep', 'U0KRQLJ9H'),
  account: { subject: 'T9TK3CUKW/U0KRQLJ9H', label: 'Acme' },
  extras: {
    ...{ 'team.id': 'T9TK3CUKW', 'team.name': 'Acme', app_id: 'A0KRD7HC3', bot_user_id: 'U0KRQLJ9H' },
    'authed_user.id': 'U1234',
  },
};

export const slackUser: DocumentedServer = {
  ...server,
  scopes: { joined: ',', name: 'user_scope' },
  exchanged: ({ access, refresh, scopes }) => ({
    ...common,
    authed_user: {
      ...{ id: 'U1234', scope: scopes.join(','), access_token: access, token_type: 'user' },
      ...{ refresh_token: refresh, expires_in: 43_200 },
    },
  }),
  // Flat, since there is no bot.
  refreshed: ({ access, refresh, scopes }) => ({
    ...{ ...common, access_token: access, refresh_token: refresh, token_type: 'user', expires_in: 43_200 },
    scope: scopes.join(','),
  }),
  calls: whoami('ada', 'U1234'),
  account: { subject: 'T9TK3CUKW/U1234', label: 'Acme' },
  extras: { 'team.id': 'T9TK3CUKW', 'team.name': 'Acme', app_id: 'A0KRD7HC3' },
};
