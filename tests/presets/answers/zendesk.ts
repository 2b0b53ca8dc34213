import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const host = 'https://{subdomain}.zendesk.com';
const answer = ({ access, refresh, scopes }: MadeTokens) => ({
  ...{ access_token: access, refresh_token: refresh, token_type: 'bearer', scope: scopes.join(' ') },
  ...{ expires_in: 172_800, refresh_token_expires_in: 7_776_000 },
});

export const zendesk: DocumentedServer = {
  client: 'post',
  body: 'json',
  authorize: `${host}/oauth/authorizations/new`,
  token: `${host}/oauth/tokens`,
  scopes: { joined: ' ' },
  pkce: 'taken',
  parts: { subdomain: 'acme' },
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: {
    [`GET ${host}/api/v2/users/me.json`]: {
      user: { id: 35_436, name: 'Ada Lovelace', email: 'ada@example.com', verified: true, role: 'agent' },
    },
  },
  revokes: { at: `${host}/api/v2/oauth/tokens/current.json`, method: 'DELETE', by: 'token', answer: { status: 204 } },
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'The provided refresh token is invalid.' } },
  account: { subject: '35436', label: 'ada@example.com' },
  lives: 172_800,
};
