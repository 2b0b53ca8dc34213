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
