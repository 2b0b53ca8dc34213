import { editAnswer, editAsked, editTokens } from '#demo/odd/edits';
import type { Oddity } from '#demo/odd/oddity';
import { dead } from '#demo/odd/rows/refusals';

const moved = (
  does: string,
  name: string,
  move: (body: Record<string, unknown>) => unknown,
  record: Oddity['record'],
) =>
  ({
    ...{ name, cases: ['P-13'], does, touches: ['token place', 'life', 'token type', 'numbers'], record: record ?? {} },
    answered: (exchange) => {
      if (exchange.issued) exchange.answer.body = move(exchange.answer.body as Record<string, unknown>);
    },
  }) satisfies Oddity;

/** Sends the good answers of the token endpoint as this text. */
const written = (name: string, does: string, write: (json: string) => string, type: string): Oddity => ({
  ...{ name, cases: ['P-10'], does, touches: ['token format', 'numbers'] },
  answered: editTokens((body, { answer }) => {
    answer.body = write(JSON.stringify(body));
    answer.headers['content-type'] = type;
  }),
});

/** What public reports about OAuth clients show; `lib/oauth/reported-*.test.ts` has more of each, and where they stand. */
export const reportedFields: readonly Oddity[] = [
  {
    name: 'many_long_scopes',
    cases: ['P-25'],
    does: 'It has forty scopes of 58 characters each.',
    touches: ['scopes'],
    record: {
      scopes: [
        'openid',
        ...Array.from({ length: 40 }, (_, at) => `https://odd.example/auth/${'s'.repeat(30)}.${at + 10}`),
      ],
    },
  },
  {
    name: 'scopes_as_switches',
    cases: ['P-06'],
    does: 'It answers scopes as an object of true and false.',
    touches: ['scopes'],
    answered: editTokens((body) => {
      const granted = String(body.scope).split(' ');
      body.scope = Object.fromEntries([...granted.map((scope) => [scope, true]), ['admin', false]]);
    }),
  },
  {
    name: 'empty_scope',
    cases: ['P-06'],
    does: 'It answers an empty text as the scope, whatever was granted.',
    touches: ['scopes'],
    answered: editTokens((body) => {
      body.scope = '';
    }),
  },
  {
    name: 'life_of_zero',
    cases: ['P-12'],
    does: 'It answers a life of 0 for tokens that do not end.',
    touches: ['life', 'refresh life'],
    answered: editTokens((body) => {
      body.expires_in = 0;
      body.refresh_expires_in = 0;
    }),
    outcome: { life: null },
  },
];

/** The same, of answers as a whole: the edits of their parts come before. */
export const reportedRows: readonly Oddity[] = [
  moved(
    'It writes the names of tokens in the case of JavaScript.',
    'tokens_in_other_case',
    ({ access_token, refresh_token, token_type, expires_in, ...rest }) => ({
      ...{
        ...rest,
        accessToken: access_token,
        refreshToken: refresh_token,
        tokenType: token_type,
        expiresIn: expires_in,
      },
    }),
    {},
  ),
  moved(
    'It answers its tokens in a list.',
    'tokens_in_a_list',
    ({ id_token, ...body }) => ({ id_token, tokens: [body] }),
    { token_path: 'tokens.0.access_token' },
  ),
  {
    ...moved(
      'It puts tokens where the record does not look.',
      'tokens_elsewhere',
      (body) => ({ result: { session: body } }),
      {},
    ),
    touches: ['token place', 'life', 'token type', 'numbers', 'id token', 'scopes', 'identity'],
    // They were issued all the same, so they are revoked.
    outcome: { flow: 'token_answer_invalid' },
  },
  written(
    'json_as_a_call',
    'It answers JSON as the call of a function.',
    (json) => `callback( ${json} );`,
    'text/html',
  ),
  written(
    'byte_order_mark',
    'It puts a byte order mark before its JSON.',
    (json) => `\uFEFF${json}`,
    'application/json',
  ),
  {
    name: 'declined_with_a_reason',
    cases: ['P-15'],
    does: 'Where the person declines, it answers error=server_error with error_reason=user_denied.',
    touches: ['denial'],
    declines: true,
    redirected: (parameters, grant) => {
      if (grant) return;
      parameters.set('error', 'server_error');
      parameters.set('error_reason', 'user_denied');
    },
    outcome: { flow: 'access_denied' },
  },
  dead(
    'dead_grant_in_a_list_of_errors',
    ['P-16'],
    'It ends a grant with a list of errors.',
    [400, { success: false, errors: [{ errorType: 'invalid_grant', message: 'Refresh token invalid' }] }],
    {},
  ),
  dead(
    'dead_grant_in_capitals',
    ['P-16'],
    'It ends a grant with a code in capitals.',
    [401, { code: 'INVALID_GRANT' }],
    {},
  ),
  {
    ...dead('refusal_without_a_word', ['P-16'], 'It refuses a refresh with 401 and no body.', [401, ''], {}),
    outcome: { refresh: 'grant_in_doubt', revocation: 'revoked_upstream, not_provable' },
  },
  {
    name: 'dead_tokens_refused_by_a_sentence',
    cases: ['P-18'],
    does: 'It answers the revocation of a dead token with 400 and a sentence, and says the same of one that it just ended.',
    touches: ['revocation', 'refresh token', 'dead grants'],
    asked: editAsked('revocation', ({ parameters }, { grants }) => void grants.revoke(parameters.get('token') ?? '')),
    answered: editAnswer('revocation', ({ answer }) => {
      Object.assign(answer, { status: 400, body: { status: 400, message: 'Invalid token' } });
    }),
    record: { revoke: { gone_answers: [{ path: 'message', value: 'Invalid token' }] } },
  },
];
