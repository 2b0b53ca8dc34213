import { randomBytes } from 'node:crypto';
import type { Namesake, TokenError } from '#demo/namesake';
import { defaultPeople, lettersOf } from '#demo/people';

/**
 * A reused, revoked or unknown refresh token gets the same words (auth0/Auth0.swift#819); a person of a tenant that
 * asks for a second factor at the refresh gets `mfa_required` with an `mfa_token` (auth0.com/docs, "Authenticate With
 * Resource Owner Password Grant and MFA").
 */
function tokenError({ error, description, grantType }: TokenError): Record<string, unknown> {
  if (error === 'mfa_required') {
    const mfa_token = `Fe26.2*${randomBytes(24).toString('base64url')}`;
    return { error, error_description: 'Multifactor authentication required', mfa_token };
  }
  // A wrong secret, as integrators report it (auth0-samples/auth0-angular-samples#201).
  if (error === 'invalid_client') return { error: 'access_denied', error_description: 'Unauthorized' };
  if (error !== 'invalid_grant') return { error, error_description: description ?? error };
  if (grantType === 'refresh_token') return { error, error_description: 'Unknown or invalid refresh token.' };
  return { error, error_description: 'Invalid authorization code' };
}

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
  // `scope` of its answers has offline_access (auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-tokens).
  onTokenError: (error, ctx) => {
    if (error.error === 'invalid_grant' || error.error === 'mfa_required') ctx.status = 403;
    return tokenError(error);
  },
  // Only refresh tokens can be revoked; other tokens get the same empty 200.
  revokes: (kind) => kind === 'RefreshToken',
  onRevoked: (found, _ctx, { switches, endGrants }) => {
    if (found?.kind === 'RefreshToken' && switches.for(found).revoke_deletes_grant) endGrants(found);
  },
};
