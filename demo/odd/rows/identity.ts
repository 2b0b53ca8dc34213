import { editAnswer, editAsked, editBody, editTokens } from '#demo/odd/edits';
import type { Oddity } from '#demo/odd/oddity';

/** Leaves nothing that an account could be shown as. */
const withoutNames: NonNullable<Oddity['claimed']> = (claims) => {
  for (const name of ['email', 'name', 'preferred_username']) delete claims[name];
};

/** Who the account is. */
export const identityRows: readonly Oddity[] = [
  {
    name: 'identity_inside_the_answer',
    cases: ['P-07', 'P-08'],
    does: 'It names the account inside the token answer, by a number longer than JavaScript holds.',
    touches: ['identity', 'numbers'],
    answered: editTokens((body) => {
      body.owner = { user: { id: 24_601_234_567_890_123n, login: 'ada' } };
    }),
    record: { identity: { source: 'token_answer', subject: 'owner.user.id', label: ['owner.user.login'] } },
    outcome: { subject: '24601234567890123' },
  },
  {
    name: 'no_email_and_no_userinfo',
    cases: ['P-19'],
    does: 'Its ID tokens have no e-mail address, and its userinfo is down.',
    touches: ['id token', 'identity'],
    claimed: (claims) => void delete claims.email,
    answered: editAnswer('userinfo', ({ answer }) => Object.assign(answer, { status: 503, body: 'down' })),
  },
  {
    name: 'signed_userinfo',
    cases: ['P-19'],
    does: 'Its ID tokens have no names, and its userinfo answers a signed JWT.',
    touches: ['id token', 'identity'],
    claimed: withoutNames,
    record: { identity: { label: ['email'] } },
    answered: editAnswer('userinfo', async ({ answer, server }) => {
      if (answer.status !== 200) return;
      answer.body = await server.sign({
        ...(answer.body as Record<string, unknown>),
        ...{ iss: server.issuer(), aud: server.clientId },
      });
      answer.headers['content-type'] = 'application/jwt';
    }),
  },
  {
    name: 'userinfo_signed_for_another',
    cases: ['P-19'],
    does: 'Its ID tokens have no names, and its userinfo is signed for another client.',
    touches: ['id token', 'identity'],
    claimed: withoutNames,
    record: { identity: { label: ['email'] } },
    answered: editAnswer('userinfo', async ({ answer, server }) => {
      if (answer.status === 200) answer.body = await server.sign({ sub: 'odd-ada-lovelace', aud: 'another-client' });
    }),
    outcome: { fields: ['account.label'] },
  },
  {
    name: 'userinfo_refuses_the_token',
    cases: ['P-19'],
    does: 'Its ID tokens have no names, and its userinfo answers 401.',
    touches: ['id token', 'identity', 'revocation'],
    claimed: withoutNames,
    record: { identity: { label: ['email'] } },
    answered: editAnswer(
      'userinfo',
      ({ answer }) => void Object.assign(answer, { status: 401, body: { error: 'invalid_token' } }),
    ),
    outcome: { fields: ['account.label'] },
  },
  {
    name: 'userinfo_refuses',
    cases: ['P-19'],
    does: 'Its ID tokens have no e-mail address, and its userinfo answers 403.',
    touches: ['id token', 'identity'],
    claimed: (claims) => void delete claims.email,
    answered: editAnswer('userinfo', ({ answer }) =>
      Object.assign(answer, { status: 403, body: { error: 'forbidden' } }),
    ),
  },
  {
    name: 'lists_of_sites',
    cases: ['P-20'],
    does: 'A look-up answers a list.',
    touches: ['lookups'],
    record: ({ origin }) => ({ lookups: [{ endpoint: `${origin}/api/sites`, fields: { site_id: '0.id' } }] }),
  },
  {
    name: 'look_up_that_fails',
    cases: ['P-20'],
    does: 'A look-up fails.',
    touches: ['lookups'],
    answered: editAnswer('lookup', ({ answer }) => Object.assign(answer, { status: 500, body: 'down' })),
    outcome: { fields: ['extras.site_id'] },
    record: ({ origin }) => ({ lookups: [{ endpoint: `${origin}/api/sites`, fields: { site_id: '0.id' } }] }),
  },
  {
    name: 'company_on_the_redirect',
    cases: ['P-21'],
    does: 'One person has several companies, and the redirect says which one it is.',
    touches: ['identity'],
    redirected: (parameters, grant) => {
      if (grant) parameters.set('realmId', '9341');
    },
    record: { redirect_fields: ['realmId'], identity: { key: ['sub', 'realmId'] } },
    outcome: { subject: 'odd-ada-lovelace/9341' },
  },
  {
    name: 'identity_by_query',
    cases: ['P-22'],
    does: 'It says who somebody is to a GraphQL query only, with the token in a header of its own.',
    touches: ['identity'],
    asked: editAsked('identity', (asked) => {
      const asks = asked.method === 'POST' && asked.body.includes('query');
      asked.headers.authorization = asks ? `Bearer ${asked.headers['x-access-token']}` : '';
    }),
    answered: editAnswer('identity', ({ answer }) => {
      if (answer.status === 200) answer.body = { data: { me: answer.body } };
    }),
    record: ({ origin }) => ({
      identity: {
        endpoint: `${origin}/api/me`,
        body: { query: '{ me { sub email } }' },
        token_header: { name: 'X-Access-Token' },
        ...{ subject: 'data.me.sub', label: ['data.me.email'] },
      },
    }),
  },
  {
    name: 'token_in_the_query',
    cases: ['P-22'],
    does: 'Its API reads the token from the query only (RFC 6750 §2.3).',
    touches: ['identity'],
    asked: editAsked('identity', (asked) => {
      const token = asked.method === 'GET' ? asked.parameters.get('oauth_token') : null;
      asked.headers.authorization = token === null ? '' : `Bearer ${token}`;
    }),
    record: ({ origin }) => ({
      identity: { endpoint: `${origin}/api/me`, token_param: 'oauth_token', dangerously_by_get: true },
    }),
  },
  {
    name: 'token_in_a_form',
    cases: ['P-22'],
    does: 'Its API reads the token from a form only (RFC 6750 §2.2).',
    touches: ['identity'],
    asked: editAsked('identity', (asked) => {
      const isForm = asked.method === 'POST' && asked.headers['content-type'] === 'application/x-www-form-urlencoded';
      const token = isForm ? new URLSearchParams(asked.body).get('access_token') : null;
      asked.headers.authorization = token === null ? '' : `Bearer ${token}`;
    }),
    record: ({ origin }) => ({ identity: { endpoint: `${origin}/api/me`, token_param: 'access_token' } }),
  },
  {
    name: 'key_for_the_api',
    cases: ['P-22'],
    does: 'Its API wants a key of the application beside the token.',
    touches: ['identity'],
    asked: editAsked('identity', ({ headers }) => {
      if (headers['x-api-key'] !== 'key-of-the-application') delete headers.authorization;
    }),
    record: ({ origin }) => ({
      identity: { endpoint: `${origin}/api/me`, headers: { 'X-Api-Key': 'key-of-the-application' } },
    }),
  },
  {
    name: 'identity_by_introspection',
    cases: ['P-22'],
    does: 'It says who somebody is by introspection only.',
    touches: ['identity'],
    record: { identity: { source: 'introspection' } },
  },
  {
    name: 'one_key_twice',
    cases: ['P-23'],
    does: 'It publishes the key of its ID tokens twice.',
    touches: ['id token'],
    answered: editAnswer('jwks', ({ answer }) => {
      const { keys } = answer.body as { keys: unknown[] };
      answer.body = { keys: [...keys, ...keys] };
    }),
  },
  {
    name: 'no_nonce',
    cases: ['P-23'],
    does: 'Its ID tokens have no nonce.',
    touches: ['id token'],
    claimed: (claims) => void delete claims.nonce,
    record: { dangerously_without_nonce: true },
  },
  {
    name: 'no_id_token',
    cases: ['P-23'],
    does: 'It answers openid without an ID token.',
    touches: ['id token', 'identity', 'scopes'],
    answered: editTokens((body) => void delete body.id_token),
    record: { dangerously_without_id_token: true, identity: { source: 'userinfo' } },
  },
  {
    name: 'unused_endpoints',
    cases: ['P-03'],
    does: 'Endpoints in its metadata that no flow needs are empty, relative or null.',
    touches: ['metadata', 'identity', 'revocation'],
    answered: editBody('metadata', (document) => {
      Object.assign(document, {
        introspection_endpoint: '/introspect',
        userinfo_endpoint: null,
        registration_endpoint: '',
      });
    }),
    // Neither call can then prove that a token is dead.
    outcome: { revocation: 'revoked_upstream, not_provable' },
  },
  {
    name: 'metadata_elsewhere',
    cases: ['P-03'],
    does: 'Its metadata is at another address than its issuer says.',
    touches: ['metadata'],
    answered: editAnswer('metadata', ({ asked, answer }) => {
      if (asked.parameters.get('policy') !== 'sign_in') Object.assign(answer, { status: 404, body: {} });
    }),
    record: ({ origin }) => ({ metadata_url: `${origin}/.well-known/openid-configuration?policy=sign_in` }),
  },
  {
    name: 'metadata_moved',
    cases: ['P-03'],
    does: 'It sends readers of its metadata to the same address with a slash behind it.',
    touches: ['metadata'],
    answered: editAnswer('metadata', ({ asked, answer, server }) => {
      if (asked.path.endsWith('/')) return;
      Object.assign(answer, { status: 301, body: '', headers: { location: `${server.origin}${asked.path}/` } });
    }),
  },
];
