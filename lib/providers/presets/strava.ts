import type { Preset } from '#lib/providers/preset';

export const strava: Preset = {
  about: {
    console: 'https://www.strava.com/settings/api',
    setup: [
      'Create an application; its *Authorization Callback Domain* is the host of the redirect URI.',
      'Only its owner can connect until Strava has reviewed the application.',
    ],
    sources: [
      {
        url: 'https://developers.strava.com/docs/authentication',
        says: 'endpoints, scopes joined by commas and named on the redirect, expires_at, athlete in the first answer, deauthorize',
      },
    ],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Strava',
    issuer: 'https://www.strava.com',
    authorization_endpoint: 'https://www.strava.com/oauth/authorize',
    token_endpoint: 'https://www.strava.com/oauth/token',
    revocation_endpoint: 'https://www.strava.com/oauth/deauthorize',
    token_endpoint_auth_method: 'client_secret_post',
    authorization_params: { approval_prompt: 'auto' },
    scopes: ['read', 'activity:read'],
    scope_sep_out: ',',
    scope_sep_in: ',',
    // People may untick scopes; only the redirect says which.
    scope_source: 'redirect',
    scope_implies: { read_all: ['read'], 'activity:read_all': ['activity:read'] },
    rotation: 'rotate',
    dead_answers: [{ status: 400, path: 'errors.0.resource', value: 'RefreshToken' }],
    token_param_names: { token: 'access_token', token_type_hint: null },
    // Ends every token of this athlete and application.
    revoke: {
      style: 'rfc7009',
      token_kind: 'access_token',
      auth: 'none',
      blast_radius: 'account',
      manual_url: 'https://www.strava.com/settings/apps',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://www.strava.com/api/v3/athlete',
      subject: 'id',
      label: ['username', 'firstname', 'id'],
      name: 'firstname',
    },
    scope_descriptions: {
      read: 'See the public profile, segments and routes',
      read_all: 'See private routes and segments',
      'profile:read_all': 'See the whole profile',
      'profile:write': 'Change weight and starred segments',
      'activity:read': 'See activities that followers can see',
      'activity:read_all': 'See all activities',
      'activity:write': 'Create and change activities',
    },
  }),
};
