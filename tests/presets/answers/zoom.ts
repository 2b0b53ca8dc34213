import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const answer = ({ access, refresh, scopes }: MadeTokens) => ({
  ...{ access_token: access, token_type: 'bearer', refresh_token: refresh, expires_in: 3599, scope: scopes.join(' ') },
  api_url: 'https://api.zoom.us',
});

export const zoom: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://zoom.us/oauth/authorize',
  token: 'https://zoom.us/oauth/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: {
    'GET https://api.zoom.us/v2/users/me': {
      ...{ id: 'z8dsdsdsdsdCfp8uQ', display_name: 'Ada Lovelace', email: 'ada@example.com', verified: 1 },
      account_id: 'gVcjZnYYRLDbb_MfgHuaxg',
    },
  },
  revokes: {
    at: 'https://zoom.us/oauth/revoke',
    by: 'form',
    auth: 'basic',
    answer: { status: 200, body: { status: 'success' } },
  },
  dead: { status: 400, body: { reason: 'Invalid Token!', error: 'invalid_grant' } },
  account: { subject: 'z8dsdsdsdsdCfp8uQ', label: 'ada@example.com' },
  extras: { account_id: 'gVcjZnYYRLDbb_MfgHuaxg' },
  lives: 3599,
};
