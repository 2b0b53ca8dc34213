import { editAnswer, editAsked, editBody, editTokens, rename } from '#demo/odd/edits';
import type { Oddity } from '#demo/odd/oddity';

const europe = 'eu';
const tenant = '8f2c7a10-0000-4000-8000-000000000001';

/**
 * What the examples of docs/providers.md are for, where this needs addresses of its own. The records are the examples
 * themselves, so these rows go on with an example only.
 */
export const documentedRows: readonly Oddity[] = [
  {
    name: 'number_on_the_redirect',
    cases: ['P-21'],
    does: 'It says on the redirect which account it is, by a number.',
    touches: ['extras'],
    redirected: (parameters, grant) => {
      if (grant) parameters.set('account_number', '7');
    },
  },
  {
    name: 'market_words',
    cases: ['P-29'],
    does: 'It has words of its own for grants, and wants the redirect URI when refreshing.',
    touches: ['token requests', 'refresh'],
    asked: editAsked('token', ({ parameters }) => {
      const refreshes = parameters.get('grant_type') === 'renewal' && parameters.has('redirect_uri');
      const exchanges = parameters.get('grant_type') === 'authorized_code';
      parameters.set('grant_type', refreshes ? 'refresh_token' : exchanges ? 'authorization_code' : 'unknown');
    }),
  },
  {
    name: 'person_inside',
    cases: ['P-22'],
    does: 'Its API answers the person inside of a member called user.',
    touches: ['identity'],
    answered: editAnswer('identity', ({ answer, grant }) => {
      if (grant) answer.body = { user: { id: grant.person.subject, login: grant.person.login } };
    }),
  },
  {
    name: 'person_by_id',
    cases: ['P-22'],
    does: 'Its API calls the subject id.',
    touches: ['identity'],
    answered: editAnswer('identity', ({ answer, grant }) => {
      if (grant) answer.body = { id: grant.person.subject, login: grant.person.login };
    }),
  },
  {
    name: 'token_in_a_header_of_its_own',
    cases: ['P-22'],
    does: 'Its API takes the token as X-Access-Token only.',
    touches: ['identity'],
    asked: editAsked('identity', ({ headers }) => {
      headers.authorization = `Bearer ${headers['x-access-token'] ?? ''}`;
    }),
  },
  {
    name: 'parameters_in_the_fragment',
    cases: ['P-29'],
    does: 'Its authorization page reads its parameters from the fragment.',
    touches: ['asking'],
    asked: editAsked('authorization', ({ parameters }) => {
      if (!parameters.has('read_from_fragment')) parameters.delete('app_id');
      parameters.delete('read_from_fragment');
    }),
  },
  {
    name: 'own_token_parameter_names',
    cases: ['P-29'],
    does: 'Its token endpoint has names of its own, and wants neither grant_type nor redirect_uri.',
    touches: ['token requests', 'client'],
    asked: editAsked('token', (asked, { grants }) => {
      const { parameters } = asked;
      if (parameters.has('grant_type') || parameters.has('redirect_uri')) parameters.delete('app_id');
      rename(asked, 'app_id', 'client_id');
      rename(asked, 'secret', 'client_secret');
      rename(asked, 'auth_code', 'code');
      const code = parameters.get('code');
      parameters.set('grant_type', code === null ? 'refresh_token' : 'authorization_code');
      parameters.set('redirect_uri', grants.redirectUriOf(code ?? '') ?? '');
    }),
  },
  {
    name: 'region_on_the_redirect',
    cases: ['P-29'],
    does: 'It begins in one region, and says on the redirect in which one the account lives.',
    touches: ['redirect', 'extras'],
    redirected: (parameters) => {
      parameters.delete('iss');
      parameters.set('accounts-server', `https://accounts.${europe}.suite.example`);
    },
    asked: ({ place, parts, parameters, headers }) => {
      if (place === 'authorization' || parts.region === europe) return;
      headers.authorization = '';
      parameters.delete('client_secret');
    },
    answered: editTokens((body) => {
      body.api_domain = `https://api.${europe}.suite.example`;
    }),
  },
  {
    name: 'many_tenants',
    cases: ['P-24'],
    does: 'Its metadata has one issuer with a part for the tenant, and its ID tokens have that of their tenant.',
    touches: ['metadata', 'id token'],
    redirected: (parameters) => parameters.delete('iss'),
    answered: editBody('metadata', (document) => {
      document.authorization_response_iss_parameter_supported = false;
      document.issuer = String(document.issuer).replace('/common/', '/{tenantid}/');
    }),
    claimed: (claims) => {
      claims.iss = String(claims.iss).replace('/common/', `/${tenant}/`);
      claims.tid = tenant;
    },
  },
  {
    name: 'several_sites',
    cases: ['P-20'],
    does: 'One account reaches several sites, of which the person chooses one.',
    touches: ['lookups'],
    answered: editAnswer('lookup', ({ answer, grant }) => {
      const sites = ['First', 'Second'].map((title, at) => ({ id: `site-${at + 1}`, title }));
      if (grant) answer.body = { data: { sites } };
    }),
  },
  {
    name: 'renews_by_access_token',
    cases: ['P-29'],
    does: 'It has no refresh tokens: a short-lived access token is exchanged for a lasting one, which renews itself.',
    touches: ['refresh token', 'life'],
    answered: ({ asked, answer, issued, server }) => {
      if (!issued) return;
      server.grants.keepRefreshToken('', issued.refresh_token);
      const lasting = asked.place !== 'token';
      answer.body = { access_token: issued.access_token, ...(lasting ? { expires_in: 5_184_000 } : {}) };
    },
  },
];
