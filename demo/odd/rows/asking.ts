import { editAsked, editBody, rename } from '#demo/odd/edits';
import type { Oddity } from '#demo/odd/oddity';

/** What it wants to be asked, and under which names. */
export const askingRows: readonly Oddity[] = [
  {
    name: 'own_parameter_names',
    cases: ['P-29'],
    does: 'It calls client_id app_id in the authorization request, and knows no response_type.',
    touches: ['asking'],
    asked: editAsked('authorization', (asked) => {
      rename(asked, 'app_id', 'client_id');
      asked.parameters.set('response_type', asked.parameters.has('response_type') ? 'unknown' : 'code');
    }),
    record: { authorization_param_names: { client_id: 'app_id', response_type: null } },
  },
  {
    name: 'repeated_parameters',
    cases: ['P-29'],
    does: 'It wants a parameter twice.',
    touches: ['asking'],
    asked: editAsked('authorization', ({ parameters }) => {
      const twice = parameters.getAll('resource').length === 2;
      parameters.delete('resource');
      if (!twice) parameters.delete('client_id');
    }),
    record: { authorization_params: { resource: ['https://one.example', 'https://two.example'] } },
  },
  {
    name: 'no_pkce',
    cases: ['facts'],
    does: 'It refuses requests that use PKCE.',
    touches: ['asking', 'metadata'],
    asked: editAsked('authorization', ({ parameters }) => {
      if (parameters.has('code_challenge')) parameters.delete('client_id');
    }),
    answered: editBody('metadata', (document) => void delete document.code_challenge_methods_supported),
    record: { dangerously_without_pkce: true },
  },
  {
    name: 'pushed_requests_alone',
    cases: ['facts'],
    does: 'It takes authorization requests from the client itself only, and says so in its metadata (RFC 9126).',
    touches: ['asking', 'metadata'],
    asked: editAsked('authorization', ({ parameters }) => {
      if (!parameters.has('request_uri')) parameters.delete('client_id');
    }),
    answered: editBody('metadata', (document) => {
      document.require_pushed_authorization_requests = true;
    }),
  },
  {
    name: 'pushed_requests_by_record',
    cases: ['facts'],
    does: 'It takes authorization requests from the client itself only, and the record says so.',
    touches: ['asking'],
    asked: editAsked('authorization', ({ parameters }) => {
      if (!parameters.has('request_uri')) parameters.delete('client_id');
    }),
    record: { require_pushed_authorization_requests: true },
  },
  {
    name: 'state_in_the_exchange',
    cases: ['P-29'],
    does: 'It wants the state again where a code is exchanged, and nowhere else.',
    touches: ['token requests'],
    asked: editAsked('token', ({ parameters }) => {
      const exchanges = parameters.get('grant_type') === 'authorization_code';
      if (exchanges === /^[\w-]{43}$/.test(parameters.get('state') ?? '')) return;
      parameters.delete('code');
      parameters.delete('refresh_token');
    }),
    record: { state_in_exchange: true },
  },
  {
    name: 'own_words_for_grants',
    cases: ['P-29'],
    does: 'It has words of its own for the types of grants.',
    touches: ['token requests'],
    asked: editAsked('token', ({ parameters }) => {
      const words = new Map([
        ['authorized_code', 'authorization_code'],
        ['renewal', 'refresh_token'],
      ]);
      const given = parameters.getAll('grant_type');
      parameters.set('grant_type', (given.length === 1 && words.get(given[0] ?? '')) || 'unknown');
    }),
    record: {
      token_param_names: { grant_type: null },
      token_params: { grant_type: 'authorized_code' },
      refresh_params: { grant_type: 'renewal' },
    },
  },
  {
    name: 'redirect_uri_by_name',
    cases: ['P-29'],
    does: 'Its console gives the redirect URI a name, and it is asked for by that.',
    touches: ['asking', 'token requests'],
    asked: ({ place, parameters }, { redirectUri }) => {
      if (place !== 'authorization' && place !== 'token') return;
      if (!parameters.has('redirect_uri')) return;
      const named = parameters.get('redirect_uri') === 'Hub-Odd-1';
      parameters.set('redirect_uri', named ? redirectUri : 'unknown');
    },
    record: {
      authorization_param_names: { redirect_uri: null },
      authorization_params: { redirect_uri: 'Hub-Odd-1' },
      token_param_names: { redirect_uri: null },
      token_params: { redirect_uri: 'Hub-Odd-1' },
    },
  },
  {
    name: 'redirect_uri_when_refreshing',
    cases: ['P-29'],
    does: 'It wants the redirect URI again where a token is refreshed.',
    touches: ['refresh', 'token requests'],
    asked: editAsked('token', ({ parameters }) => {
      if (parameters.get('grant_type') !== 'refresh_token') return;
      if (parameters.get('redirect_uri') !== 'https://hub.example/oauth/callback/odd')
        parameters.delete('refresh_token');
      parameters.delete('redirect_uri');
    }),
    record: { refresh_params: { redirect_uri: 'https://hub.example/oauth/callback/odd' } },
  },
  {
    name: 'auth_code',
    cases: ['P-29'],
    does: 'It calls the code auth_code on the redirect.',
    touches: ['redirect'],
    redirected: (parameters) => {
      const code = parameters.get('code');
      parameters.delete('code');
      if (code !== null) parameters.set('auth_code', code);
    },
    record: { code_field: 'auth_code' },
  },
  {
    name: 'json_requests',
    cases: ['facts'],
    does: 'It takes JSON only, and no forms.',
    touches: ['token requests', 'client'],
    asked: (asked) => {
      if (!['token', 'revocation', 'introspection'].includes(asked.place)) return;
      const isJson = asked.headers['content-type']?.startsWith('application/json');
      asked.parameters = new URLSearchParams(isJson ? (JSON.parse(asked.body) as Record<string, string>) : '');
    },
    record: { token_request_format: 'json' },
  },
  {
    name: 'version_header',
    cases: ['P-29'],
    does: 'Its token endpoint wants a header with a version.',
    touches: ['token requests'],
    asked: editAsked('token', (asked) => {
      if (asked.headers['api-version'] !== '3') asked.parameters = new URLSearchParams();
    }),
    record: { token_headers: { 'api-version': '3' } },
  },
];
