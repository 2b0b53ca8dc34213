import type { Preset } from '#lib/providers/preset';

/** Any server that keeps to OpenID Connect Discovery and Core. */
export const oidc: Preset = () => ({
  discovery: 'oidc',
  step_up: 'auth_time',
  scopes: ['openid', 'profile', 'email'],
  sign_in_scopes: ['openid', 'profile', 'email'],
  identity: {
    source: 'id_token',
    label: ['email', 'preferred_username', 'name', 'sub'],
    email: 'email',
    email_verified: 'email_verified',
    name: 'name',
  },
  scope_descriptions: {
    openid: 'Know which account this is',
    profile: 'See the profile',
    email: 'See the e-mail address',
    phone: 'See the phone number',
    address: 'See the address',
    offline_access: 'Stay connected without asking again',
  },
});
