import type { Namesake, TokenError } from '#demo/namesake';
import { githubApi } from '#demo/namesakes/github-api';
import { normalised } from '#demo/namesakes/github-scopes';
import { defaultPeople, digitsOf } from '#demo/people';

const hours = 3600;
const refreshTokenTtl = 15_897_600;
/** Stands for an authorization without any scope, which GitHub allows and oidc-provider does not. Never shown. */
const noScope = '(none)';
const withoutExpiry = 3650 * 24 * hours;

/** GitHub's own codes for what went wrong. */
function errorCode({ error, detail, grantType }: TokenError): string {
  if (error === 'invalid_client') return 'incorrect_client_credentials';
  if (detail === 'authorization code redirect_uri mismatch') return 'redirect_uri_mismatch';
  if (error !== 'invalid_grant') return error;
  return grantType === 'refresh_token' ? 'bad_refresh_token' : 'bad_verification_code';
}

const descriptions: Record<string, string> = {
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  bad_verification_code: 'The code passed is incorrect or expired.',
  bad_refresh_token: 'The refresh token passed is incorrect or expired.',
};

export const github: Namesake = {
  id: 'github',
  title: 'GitHub',
  port: 4402,
  issuerPath: '/login/oauth',
  routes: { authorization: '/login/oauth/authorize', token: '/login/oauth/access_token', jwks: '/__demo-unused-keys' },
  metadataPaths: [],
  advertisesIss: false,
  clientAuth: 'client_secret_post',
  scopes: {
    [noScope]: '',
    'read:user': 'Read your profile',
    'user:email': 'Read your e-mail addresses',
    'user:follow': 'Follow and unfollow people',
    user: 'Read and change your profile',
    repo: 'Read and change your repositories',
    public_repo: 'Read and change your public repositories',
    'repo:status': 'Read and set commit statuses',
    repo_deployment: 'Read and set deployment statuses',
    'repo:invite': 'Accept and decline invitations to repositories',
    security_events: 'Read and write security events',
    'read:org': 'Read your organizations',
    'write:org': 'Read and change your memberships',
    'admin:org': 'Manage your organizations',
    gist: 'Write gists',
    workflow: 'Change workflow files',
    notifications: 'Read your notifications',
    offline_access: 'Stay connected while you are away, with tokens that expire',
  },
  recordScopes: ['read:user', 'user:email', 'repo', 'offline_access'],
  switches: { rotation: 'rotate' },
  people: defaultPeople,
  tokenPrefix: { access: 'gho_', refresh: 'ghr_' },
  accessTokenTtl: (scopes) => (scopes.has('offline_access') ? 8 * hours : withoutExpiry),
  maxGrants: 10,
  reuse: 'fails',
  rotationEndsAccessTokens: true,
  granular: false,
  signInOnly: false,
  subject: (login) => digitsOf(`github:${login}`, 8),
  issuesRefreshToken: (scopes) => scopes.has('offline_access'),
  onAuthorizationRequest: (query) => {
    // GitHub knows one response type and lets it be left out.
    if (!query.has('response_type')) query.set('response_type', 'code');
    const asked = (query.get('scope') ?? '').split(/[ ,]+/);
    const scopes = normalised(asked.filter((scope) => Object.hasOwn(github.scopes, scope)));
    query.set('scope', scopes.length > 0 ? scopes.join(' ') : noScope);
  },
  onForm: (form, ctx) => {
    if (ctx.path !== github.routes.token || form.has('grant_type')) return;
    form.set('grant_type', 'authorization_code');
  },
  onTokens: (body) => {
    const scopes = String(body.scope ?? '').split(' ');
    const expiring = scopes.includes('offline_access');
    return {
      access_token: body.access_token,
      ...(expiring
        ? {
            expires_in: body.expires_in,
            refresh_token: body.refresh_token,
            refresh_token_expires_in: refreshTokenTtl,
          }
        : {}),
      scope: normalised(scopes.filter((scope) => scope !== noScope)).join(','),
      token_type: 'bearer',
    };
  },
  onTokenError: (error, ctx) => {
    ctx.status = 200;
    const code = errorCode(error);
    return {
      error: code,
      error_description: descriptions[code] ?? error.description ?? 'The request is not right.',
      error_uri: 'https://docs.github.com/apps/oauth',
    };
  },
  onTokenAnswer: (ctx) => {
    if (ctx.get('accept').includes('json') || typeof ctx.body !== 'object' || ctx.body === null) return;
    const fields = Object.entries(ctx.body).filter(([, value]) => value !== undefined);
    ctx.body = new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString();
    ctx.type = 'application/x-www-form-urlencoded; charset=utf-8';
  },
  api: githubApi,
};
