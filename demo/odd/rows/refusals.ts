import { editAnswer, editAsked } from '#demo/odd/edits';
import type { Oddity } from '#demo/odd/oddity';

const denies =
  (word: string): Oddity['redirected'] =>
  (parameters, grant) => {
    if (!grant) parameters.set('error', word);
  };

/** The grant of a refresh token ends as it is asked for. */
const dies = editAsked('token', ({ parameters }, { grants }) => {
  if (parameters.get('grant_type') === 'refresh_token') grants.revoke(parameters.get('refresh_token') ?? '');
});

const refusesRefresh = (status: number, body: unknown) =>
  editAnswer('token', ({ answer, grantType, issued }) => {
    if (grantType !== 'refresh_token' || issued) return;
    Object.assign(answer, { status, body });
  });

/** A person's dead grant, told in another way than 400 `invalid_grant`. */
export const dead = (
  name: string,
  cases: string[],
  does: string,
  [status, body]: [number, unknown],
  record: Oddity['record'],
) =>
  ({
    ...{ name, cases, does, touches: ['dead grants', 'refresh token', 'revocation'], asked: dies },
    answered: refusesRefresh(status, body),
    record: record ?? {},
    outcome: { refresh: 'needs_reconnect', revocation: 'revoked_upstream, not_provable' },
  }) satisfies Oddity;

/** How it says no. */
export const refusalRows: readonly Oddity[] = [
  {
    name: 'declined_in_its_own_word',
    cases: ['P-15'],
    does: 'Where the person declines, it answers error=user_cancelled_authorize.',
    touches: ['denial'],
    declines: true,
    redirected: denies('user_cancelled_authorize'),
    outcome: { flow: 'access_denied' },
  },
  {
    name: 'declined_as_consent_required',
    cases: ['P-15'],
    does: 'Where the person declines, it answers error=consent_required.',
    touches: ['denial'],
    declines: true,
    redirected: denies('consent_required'),
    outcome: { flow: 'access_denied' },
  },
  {
    name: 'declined_in_a_word_of_the_record',
    cases: ['P-15'],
    does: 'Where the person declines, it answers error=no_thanks.',
    touches: ['denial'],
    declines: true,
    redirected: denies('no_thanks'),
    record: { declined_codes: ['no_thanks'] },
    outcome: { flow: 'access_denied' },
  },
  {
    name: 'declined_by_the_user',
    cases: ['P-15'],
    does: 'Where the person declines, it answers error=user_denied.',
    touches: ['denial'],
    declines: true,
    redirected: denies('user_denied'),
    outcome: { flow: 'access_denied' },
  },
  {
    name: 'redirect_uri_refused_at_the_token_endpoint',
    cases: ['P-14'],
    does: 'Its token endpoint refuses the redirect URI with redirect_uri_mismatch.',
    touches: ['denial', 'token requests'],
    asked: editAsked('token', ({ parameters }) => parameters.set('code', '')),
    answered: editAnswer('token', ({ answer }) => {
      answer.body = { error: 'redirect_uri_mismatch', error_description: 'Bad redirect_uri' };
    }),
    outcome: { flow: 'provider_configuration' },
  },
  {
    name: 'denial_without_state',
    cases: ['P-32'],
    does: 'Where the person declines, it leaves out the state.',
    touches: ['denial'],
    declines: true,
    redirected: (parameters, grant) => {
      if (!grant) parameters.delete('state');
    },
    outcome: { flow: 'http_400' },
  },
  {
    name: 'client_refused_on_the_redirect',
    cases: ['P-14'],
    does: 'It refuses the client on the redirect.',
    touches: ['denial', 'redirect'],
    redirected: (parameters) => {
      parameters.delete('code');
      parameters.set('error', 'invalid_client');
      parameters.set('error_description', 'The application is suspended.');
    },
    outcome: { flow: 'provider_refused' },
  },
  dead(
    'dead_grant_without_error',
    ['P-16'],
    'It ends a grant without a word called error.',
    [400, { message: 'Bad Request', errors: [{ resource: 'RefreshToken', code: 'invalid' }] }],
    { dead_answers: [{ path: 'errors.0.code', value: 'invalid' }] },
  ),
  dead(
    'dead_grant_as_status_word',
    ['P-16'],
    'It ends a grant with a word called status.',
    [400, { status: 'BAD_REFRESH_TOKEN' }],
    { dead_answers: [{ path: 'status', value: 'BAD_REFRESH_TOKEN' }] },
  ),
  dead(
    'dead_grant_as_403',
    ['P-17'],
    'It ends a grant with 403 unauthorized_client.',
    [403, { error: 'unauthorized_client', error_description: 'refresh_token is invalid' }],
    { dead_codes: ['unauthorized_client'] },
  ),
  dead(
    'dead_grant_as_number',
    ['P-17'],
    'It ends a grant with a number.',
    [400, { error: { code: 190, message: 'The session has been invalidated.' } }],
    { dead_codes: ['190'] },
  ),
  dead('dead_grant_in_200', ['P-17'], 'It ends a grant with status 200.', [200, { error: 'bad_refresh_token' }], {
    error_in_200: true,
    dead_codes: ['bad_refresh_token'],
  }),
  {
    ...dead(
      'unclear_refusal',
      ['P-17'],
      'It refuses a refresh with unauthorized_client, and the record does not say that this ends a grant.',
      [400, { error: 'unauthorized_client' }],
      {},
    ),
    outcome: { refresh: 'grant_in_doubt', revocation: 'revoked_upstream, not_provable' },
  },
  {
    name: 'too_many_requests_until_a_moment',
    cases: ['facts'],
    does: 'It refuses refreshes with 429, and says only in x-rate-limit-reset when it takes one again.',
    touches: ['errors', 'refresh token', 'dead grants'],
    asked: editAsked('token', ({ parameters }) => {
      if (parameters.get('grant_type') === 'refresh_token') parameters.set('refresh_token', '');
    }),
    answered: editAnswer('token', ({ answer, grantType }) => {
      if (grantType !== 'refresh_token') return;
      answer.status = 429;
      answer.headers['x-rate-limit-reset'] = String(Math.ceil(Date.now() / 1000) + 40);
      answer.body = { errorCode: 'E0000047', errorSummary: 'API call exceeded rate limit due to too many requests.' };
    }),
    outcome: { refresh: 'provider_unavailable' },
  },
  {
    name: 'own_names_where_revoking',
    cases: ['P-29'],
    does: 'Where a token is revoked, it takes JSON with names of its own, and wants a header.',
    touches: ['client', 'revocation'],
    asked: editAsked('revocation', (asked) => {
      const sent = JSON.parse(asked.body) as Record<string, string>;
      const names = { clientId: 'client_id', clientSecret: 'client_secret', accessToken: 'token' };
      const known = Object.entries(names).map(([name, standard]) => [standard, sent[name] ?? '']);
      const right = Object.keys(sent).length === 3 && asked.headers['x-version'] === '2';
      asked.parameters = new URLSearchParams(right ? known : []);
    }),
    record: {
      token_endpoint_auth_method: 'client_secret_post',
      revoke: {
        format: 'json',
        headers: { 'X-Version': '2' },
        param_names: {
          ...{ client_id: 'clientId', client_secret: 'clientSecret', token: 'accessToken', token_type_hint: null },
        },
      },
    },
  },
  {
    name: 'revocation_refused_in_200',
    cases: ['P-18'],
    does: 'It answers a revocation 200 with ok: false, and revokes nothing.',
    touches: ['revocation', 'refresh token', 'dead grants'],
    asked: editAsked('revocation', ({ parameters }) => parameters.set('token', '')),
    answered: editAnswer('revocation', ({ answer }) => {
      answer.body = { ok: false, error: 'internal_trouble' };
    }),
    record: { error_in_200: true },
    outcome: { revocation: 'pending, none', alive: 3 },
  },
];
