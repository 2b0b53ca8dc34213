import type { Namesake } from '#demo/namesake';
import { oktaApi, oktaRateLimit, oktaTokenError } from '#demo/namesakes/okta-errors';
import { defaultPeople, lettersOf } from '#demo/people';

const base = '/oauth2/default';

export const okta: Namesake = {
  id: 'okta',
  title: 'Okta',
  port: 4404,
  issuerPath: base,
  routes: {
    authorization: `${base}/v1/authorize`,
    token: `${base}/v1/token`,
    jwks: `${base}/v1/keys`,
    revocation: `${base}/v1/revoke`,
    introspection: `${base}/v1/introspect`,
    userinfo: `${base}/v1/userinfo`,
  },
  metadataPaths: [
    `${base}/.well-known/openid-configuration`,
    `${base}/.well-known/oauth-authorization-server`,
    `/.well-known/oauth-authorization-server${base}`,
  ],
  advertisesIss: false,
  clientAuth: 'client_secret_basic',
  scopes: {
    openid: 'Know who you are on Okta',
    profile: 'See your name',
    email: 'See your e-mail address',
    groups: 'See your groups',
    offline_access: 'Stay connected while you are away',
  },
  recordScopes: ['openid', 'profile', 'email', 'offline_access'],
  // Okta's own leeway is 30 seconds by default; here it is none until a test sets `grace_s`.
  switches: { rotation: 'rotate', grace_s: 0, omit_iss: true },
  people: defaultPeople,
  tokenPrefix: { access: 'okta_at_', refresh: 'okta_rt_' },
  accessTokenTtl: () => 3600,
  maxGrants: 100,
  reuse: 'ends_grant',
  rotationEndsAccessTokens: false,
  granular: false,
  signInOnly: false,
  subject: (login) => `00u${lettersOf(`okta:${login}`, 17)}`,
  issuesRefreshToken: (scopes) => scopes.has('offline_access'),
  // `scope` of its answers has offline_access (developer.okta.com/docs/guides/refresh-tokens/main/, "Response example").
  onTokenError: oktaTokenError,
  onRateLimit: oktaRateLimit,
  api: oktaApi,
};
