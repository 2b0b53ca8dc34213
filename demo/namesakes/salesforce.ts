import { createHmac } from 'node:crypto';
import type { Ctx, Namesake, ServerParts, TokenError } from '#demo/namesake';
import { authenticateByToken } from '#demo/namesakes/no-authentication';
import { defaultPeople, findPerson, lettersOf } from '#demo/people';

const organization = '00D000000000DemoAA';

/** `/id/<org>/<user>`: the identity URL that comes with the tokens, and the subject of its ID tokens. */
async function identity(ctx: Ctx, { provider, store, issuer, counts }: ServerParts): Promise<boolean> {
  const match = /^\/id\/(00D\w+)\/(005\w+)$/.exec(ctx.path);
  if (!match || ctx.method !== 'GET') return false;
  counts.userinfo += 1;
  const [scheme, value] = ctx.get('authorization').split(' ');
  const token = scheme?.toLowerCase() === 'bearer' ? await provider.AccessToken.find(value ?? '') : undefined;
  const person = token ? findPerson(store, String(token.accountId)) : undefined;
  if (!person || person.subject !== `${issuer}${ctx.path}`) {
    ctx.status = 403;
    ctx.type = 'text/plain';
    ctx.body = 'Bad_OAuth_Token';
    return true;
  }
  ctx.body = {
    id: person.subject,
    asserted_user: true,
    user_id: match[2],
    organization_id: match[1],
    username: person.email,
    display_name: person.name,
    email: person.email,
    email_verified: true,
    active: true,
  };
  return true;
}

/**
 * Its words for what went wrong, all of them with status 400. The page `remoteaccess_oauth_flow_errors` of its help has
 * those for an expired token; the others are as integrators report them.
 */
function tokenErrorWords({ error, description, detail, grantType }: TokenError): string {
  if (error === 'invalid_client') return 'invalid client credentials';
  if (error !== 'invalid_grant') return description ?? error;
  if (detail === 'inactive person') return 'inactive user';
  return grantType === 'refresh_token' ? 'expired access/refresh token' : 'authentication failure';
}

export const salesforce: Namesake = {
  id: 'salesforce',
  title: 'Salesforce',
  port: 4403,
  issuerPath: '',
  routes: {
    authorization: '/services/oauth2/authorize',
    token: '/services/oauth2/token',
    jwks: '/id/keys',
    revocation: '/services/oauth2/revoke',
    introspection: '/services/oauth2/introspect',
    userinfo: '/services/oauth2/userinfo',
  },
  metadataPaths: ['/.well-known/openid-configuration'],
  advertisesIss: false,
  clientAuth: 'client_secret_post',
  scopes: {
    openid: 'Know who you are on Salesforce',
    profile: 'See your name',
    email: 'See your e-mail address',
    id: 'Access the identity URL service',
    api: 'Manage your data through APIs',
    web: 'Manage your data in the browser',
    full: 'Everything you can do',
    chatter_api: 'Access Connect REST API resources',
    refresh_token: 'Stay connected while you are away',
    offline_access: 'Stay connected while you are away',
  },
  recordScopes: ['api', 'id', 'openid', 'refresh_token'],
  // Static refresh tokens, unless a test turns rotation on.
  switches: { rotation: 'keep', omit_iss: true },
  people: defaultPeople,
  tokenPrefix: { access: `${organization}!`, refresh: '5Aep' },
  accessTokenTtl: () => 7200,
  maxGrants: 5,
  reuse: 'ends_grant',
  rotationEndsAccessTokens: false,
  granular: false,
  signInOnly: false,
  subject: (login, issuer) => `${issuer}/id/${organization}/005${lettersOf(`salesforce:${login}`, 15)}`,
  issuesRefreshToken: (scopes) => scopes.has('refresh_token') || scopes.has('offline_access'),
  // Revoking asks for no client authentication.
  onForm: (form, ctx, server) => {
    if (ctx.path === salesforce.routes.revocation) authenticateByToken(form, ctx, server);
  },
  onTokens: ({ expires_in: _, ...body }, ctx, { clientSecret, resourceUrl }) => {
    const id = String(ctx.oidc.account?.accountId);
    const issuedAt = String(Date.now());
    const signature = createHmac('sha256', clientSecret)
      .update(id + issuedAt)
      .digest('base64');
    return { ...body, instance_url: resourceUrl(), id, issued_at: issuedAt, signature };
  },
  onTokenError: (error, ctx) => {
    ctx.status = 400;
    return { error: error.error, error_description: tokenErrorWords(error) };
  },
  onRevoked: (found, ctx) => {
    if (found) return;
    ctx.status = 400;
    ctx.body = { error: 'unsupported_token_type', error_description: 'this token type is not supported' };
  },
  api: identity,
};
