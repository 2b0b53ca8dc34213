import type { DocumentedServer } from '#tests/presets/documented';

const inSixHours = () => Math.floor(Date.now() / 1000) + 21_600;

export const strava: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://www.strava.com/oauth/authorize',
  token: 'https://www.strava.com/oauth/token',
  scopes: { joined: ',' },
  pkce: 'taken',
  redirect: (scopes) => ({ scope: scopes.join(',') }),
  exchanged: ({ access, refresh }) => ({
    ...{ token_type: 'Bearer', expires_at: inSixHours(), expires_in: 21_600, refresh_token: refresh },
    ...{ access_token: access, athlete: { id: 227_615, username: 'ada', firstname: 'Ada' } },
  }),
  refreshed: ({ access, refresh }) => ({
    ...{ token_type: 'Bearer', access_token: access, expires_at: inSixHours(), expires_in: 21_600 },
    refresh_token: refresh,
  }),
  rotates: true,
  calls: { 'GET https://www.strava.com/api/v3/athlete': { id: 227_615, username: 'ada', firstname: 'Ada' } },
  revokes: {
    at: 'https://www.strava.com/oauth/deauthorize',
    ...{ by: 'form', name: 'access_token', answer: { status: 200, body: { access_token: 'gone' } } },
  },
  dead: {
    status: 400,
    body: { message: 'Bad Request', errors: [{ resource: 'RefreshToken', field: 'refresh_token', code: 'invalid' }] },
  },
  account: { subject: '227615', label: 'ada' },
  lives: 21_600,
};
