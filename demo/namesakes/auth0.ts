import type { Namesake } from '#demo/namesake';
import { defaultPeople, lettersOf } from '#demo/people';

export const auth0: Namesake = {
  id: 'auth0',
  title: 'Auth0',
  port: 4405,
  issuerPath: '/',
  routes: {
    authorization: '/authorize',
    token: '/oauth/token',
    // Auth0's own is /.well-known/jwks.json, which oidc-provider keeps for its discovery.
    jwks: '/keys',
    revocation: '/oauth/revoke',
    userinfo: '/userinfo',
  },
  metadataPaths: ['/.well-known/openid-configuration'],
  advertisesIss: false,
  clientAuth: 'client_secret_post',
  scopes: {
    openid: 'Know who you are on Auth0',
    profile: 'See your name',
    email: 'See your e-mail address',
    'read:orders': 'Read your orders',
    'write:orders': 'Change your orders',
    offline_access: 'Stay connected while you are away',
  },
  recordScopes: ['openid', 'profile', 'email', 'offline_access'],
  switches: { rotation: 'rotate', omit_iss: true },
  people: defaultPeople,
  tokenPrefix: { access: 'auth0_at_', refresh: 'v1-' },
  accessTokenTtl: () => 86_400,
  maxGrants: 200,
  reuse: 'ends_grant',
  rotationEndsAccessTokens: false,
  granular: false,
  signInOnly: false,
  subject: (login) => `auth0|${lettersOf(`auth0:${login}`, 24)}`,
  issuesRefreshToken: (scopes) => scopes.has('offline_access'),
  onTokenError: ({ error, description, grantType }, ctx) => {
    if (error !== 'invalid_grant') return { error, error_description: description ?? error };
    ctx.status = 403;
    const what = grantType === 'refresh_token' ? 'Unknown or invalid refresh token.' : 'Invalid authorization code';
    return { error, error_description: what };
  },
  // Only refresh tokens can be revoked; other tokens get the same empty 200.
  revokes: (kind) => kind === 'RefreshToken',
  onRevoked: (found, _ctx, { switches, endGrants }) => {
    if (found?.kind === 'RefreshToken' && switches.revoke_deletes_grant) endGrants(found.subject);
  },
};
