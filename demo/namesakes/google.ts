import type { Namesake, ServerParts } from '#demo/namesake';
import { authenticateByToken } from '#demo/namesakes/no-authentication';
import { defaultPeople, digitsOf } from '#demo/people';

/** `access_type=offline` gives a refresh token at the first consent, and again only with `prompt=consent`. */
function noteGrant({ store }: ServerParts, params: Record<string, unknown>, subject: string) {
  const asksOffline = params.access_type === 'offline';
  const asksConsent = String(params.prompt ?? '')
    .split(' ')
    .includes('consent');
  const repeated = [...store.list('Grant')].some(
    ([key, row]) =>
      row.payload.accountId === subject && store.get('GrantNote', key.slice('Grant:'.length))?.payload.offline === true,
  );
  return { offline: asksOffline && (asksConsent || !repeated), prompt: params.prompt };
}

/** Google grants these two scopes under their long names, on the redirect and in token answers. */
const longNames: Readonly<Record<string, string>> = {
  email: 'https://www.googleapis.com/auth/userinfo.email',
  profile: 'https://www.googleapis.com/auth/userinfo.profile',
};
const asGranted = (scope: unknown): string =>
  String(scope ?? '')
    .split(' ')
    .map((name) => longNames[name] ?? name)
    .join(' ');

export const google: Namesake = {
  id: 'google',
  title: 'Google',
  port: 4401,
  issuerPath: '',
  routes: {
    authorization: '/o/oauth2/v2/auth',
    token: '/token',
    jwks: '/oauth2/v3/certs',
    revocation: '/revoke',
    userinfo: '/v1/userinfo',
  },
  metadataPaths: ['/.well-known/openid-configuration'],
  // Google sends `iss` in the callback without saying so in its metadata.
  advertisesIss: false,
  clientAuth: 'client_secret_post',
  scopes: {
    openid: 'Know who you are on Google',
    profile: 'See your name',
    email: 'See your e-mail address',
    'https://www.googleapis.com/auth/userinfo.email': 'See your primary e-mail address',
    'https://www.googleapis.com/auth/userinfo.profile': 'See your personal info',
    'https://www.googleapis.com/auth/calendar.readonly': 'See your calendars',
    'https://www.googleapis.com/auth/calendar': 'See and change your calendars',
    'https://www.googleapis.com/auth/drive.readonly': 'See your files in Drive',
    'https://www.googleapis.com/auth/drive.file': 'See and change files you open with this app',
    'https://www.googleapis.com/auth/drive.metadata.readonly': 'See the names of your files in Drive',
    'https://www.googleapis.com/auth/gmail.readonly': 'Read your e-mail',
    'https://www.googleapis.com/auth/contacts.readonly': 'See your contacts',
    'https://www.googleapis.com/auth/spreadsheets.readonly': 'See your spreadsheets',
  },
  recordScopes: ['openid', 'email', 'profile', 'https://www.googleapis.com/auth/calendar.readonly'],
  switches: { rotation: 'keep' },
  people: defaultPeople,
  tokenPrefix: { access: 'ya29-', refresh: '1//' },
  accessTokenTtl: () => 3599,
  maxGrants: 100,
  reuse: 'fails',
  rotationEndsAccessTokens: false,
  granular: true,
  signInOnly: false,
  subject: (login) => digitsOf(`google:${login}`, 21),
  issuesRefreshToken: (_scopes, note) => note?.offline === true,
  noteGrant,
  onCallback: (url, ctx, { store }) => {
    const code = store.get('AuthorizationCode', url.searchParams.get('code') ?? '')?.payload;
    url.searchParams.set('scope', asGranted(code?.scope));
    url.searchParams.set('authuser', '0');
    const prompt = ctx.oidc.params?.prompt;
    url.searchParams.set('prompt', typeof prompt === 'string' ? prompt : 'none');
  },
  // A holder of a token may revoke it: Google asks for no client authentication there.
  onForm: (form, ctx, server) => {
    if (ctx.path === '/revoke') authenticateByToken(form, ctx, server);
  },
  onTokens: (body) => (body.scope === undefined ? body : { ...body, scope: asGranted(body.scope) }),
  onTokenError: ({ error }) => ({
    error,
    error_description: error === 'invalid_grant' ? 'Bad Request' : 'Unauthorized',
  }),
  onRevoked: (found, ctx, { endGrants }) => {
    if (found) {
      // Any token ends all that the person ever granted to the project.
      endGrants({ subject: found.subject });
      ctx.status = 200;
      ctx.body = {};
    } else {
      ctx.status = 400;
      ctx.body = { error: 'invalid_token', error_description: 'Token expired or revoked' };
    }
  },
};
