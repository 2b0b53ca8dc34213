import type { Namesake } from '#demo/namesake';
import { lettersOf } from '#demo/people';

/** The OpenID Connect server that people of the demo sign in with. It stands in for no provider. */
export const demo: Namesake = {
  id: 'demo',
  title: 'Demo',
  port: 4400,
  issuerPath: '',
  routes: {
    authorization: '/authorize',
    token: '/token',
    jwks: '/jwks',
    revocation: '/revoke',
    introspection: '/introspect',
    userinfo: '/userinfo',
  },
  metadataPaths: ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
  advertisesIss: true,
  clientAuth: 'client_secret_basic',
  scopes: {
    openid: 'Know who you are',
    profile: 'See your name',
    email: 'See your e-mail address',
    offline_access: 'Stay connected while you are away',
  },
  recordScopes: ['openid', 'profile', 'email'],
  switches: { rotation: 'rotate' },
  people: [
    { name: 'Demo Administrator', email: 'admin@example.com', button: 'Continue as administrator' },
    { name: 'Demo User', email: 'user@example.com', button: 'Continue as user' },
  ],
  tokenPrefix: { access: 'demo_at_', refresh: 'demo_rt_' },
  accessTokenTtl: () => 3600,
  maxGrants: 100,
  reuse: 'ends_grant',
  rotationEndsAccessTokens: false,
  granular: false,
  signInOnly: true,
  subject: (login) => `person-${lettersOf(`demo:${login}`, 16)}`,
  issuesRefreshToken: (scopes) => scopes.has('offline_access'),
};
