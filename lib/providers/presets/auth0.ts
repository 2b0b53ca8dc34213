import type { Preset } from '#lib/providers/preset';

/** Auth0, from auth0/docs-v2. The issuer ends in a slash: `https://tenant.eu.auth0.com/`. */
const record: Preset['record'] = () => ({
  name: 'Auth0',
  discovery: 'oidc',
  step_up: 'auth_time',
  token_endpoint_auth_method: 'client_secret_post',
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  sign_in_scopes: ['openid', 'profile', 'email'],
  // Leeway is off unless a tenant sets it.
  rotation: 'rotate',
  idle_keepalive_days: 25,
  max_grants: 200,
  // A dead refresh token comes with 401 or 403; the code decides, not the status.
  dead_codes: ['invalid_grant'],
  // A wrong secret is 401 `access_denied`; an action of the tenant that denies is 403.
  client_refused_answers: [{ status: 401, path: 'error', value: 'access_denied' }],
  // Only refresh tokens; a tenant switch, on in older tenants, ends the whole grant with it.
  revoke: { style: 'rfc7009', token_kind: 'refresh_token', auth: 'client', blast_radius: 'grant' },
  identity: {
    source: 'id_token',
    label: ['email', 'nickname', 'name', 'sub'],
    email: 'email',
    email_verified: 'email_verified',
    name: 'name',
  },
  push_signal: 'log_stream',
  scope_descriptions: {
    openid: 'Know which account this is',
    profile: 'See the profile',
    email: 'See the e-mail address',
    phone: 'See the phone number',
    address: 'See the address',
    offline_access: 'Stay connected without asking again',
    'read:current_user': 'See the own user record',
  },
});

export const auth0: Preset = {
  about: {
    console: 'https://manage.auth0.com',
    setup: [
      'Create an application of the type *Regular Web Application* and enter the redirect URI under *Allowed Callback URLs*.',
      'Enable the grant types *Authorization Code* and *Refresh Token*.',
    ],
    sources: [
      {
        url: 'https://auth0.com/docs/get-started/applications/configure-applications-with-oidc-discovery',
        says: 'endpoints by discovery, PKCE (S256)',
      },
      { url: 'https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation', says: 'rotation and reuse' },
    ],
    pkce: 'documented',
  },
  record,
};
