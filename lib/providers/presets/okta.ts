import type { Preset } from '#lib/providers/preset';

/** Okta, from okta-developer-docs. The issuer is the org (`https://x.okta.com`) or a custom authorization server. */
const record: Preset['record'] = () => ({
  name: 'Okta',
  discovery: 'oidc',
  step_up: 'auth_time',
  token_endpoint_auth_method: 'client_secret_basic',
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  sign_in_scopes: ['openid', 'profile', 'email'],
  // It offers no choice of accounts, but signs in anew.
  another_account_params: { prompt: 'login' },
  // Each application sets its own grace period, from 0 s on, so only the operator's own line may promise one.
  rotation: 'rotate',
  idle_keepalive_days: 5,
  dead_codes: ['invalid_grant'],
  // Revoking the refresh token revokes the access token, not the other way round.
  revoke: { style: 'rfc7009', token_kind: 'refresh_token', auth: 'client', blast_radius: 'token' },
  identity: {
    source: 'id_token',
    label: ['email', 'preferred_username', 'name', 'sub'],
    email: 'email',
    email_verified: 'email_verified',
    name: 'name',
  },
  push_signal: 'ssf',
  scope_descriptions: {
    openid: 'Know which Okta account this is',
    profile: 'See the profile',
    email: 'See the e-mail address',
    phone: 'See the phone number',
    address: 'See the address',
    groups: 'See the groups of the account',
    offline_access: 'Stay connected without asking again',
    'okta.users.read.self': 'See the own user record',
    'okta.users.read': 'See all users of the organisation',
    'okta.users.manage': 'Create and change users of the organisation',
    'okta.groups.read': 'See all groups of the organisation',
    'okta.apps.read': 'See the applications of the organisation',
    'okta.logs.read': 'See the system log',
  },
});

export const okta: Preset = {
  about: {
    console: 'https://login.okta.com',
    setup: [
      'Create an app integration *OIDC*, *Web Application*, and enter the redirect URI.',
      'Select the grant types *Authorization Code* and *Refresh Token*.',
      'Assign the app to the people who use it.',
    ],
    sources: [
      {
        url: 'https://developer.okta.com/docs/reference/api/oidc/',
        says: 'endpoints, PKCE (S256), revocation, prompt=login, login_hint',
      },
      { url: 'https://developer.okta.com/docs/guides/refresh-tokens/main/', says: 'rotation and its leeway' },
    ],
    pkce: 'documented',
  },
  record,
};
