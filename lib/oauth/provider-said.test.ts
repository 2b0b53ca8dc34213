import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeError } from '#lib/log';
import { checkCallback } from '#lib/oauth/check-callback';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { introspectToken } from '#lib/oauth/introspect-token';
import { errorToken, isOAuthError } from '#lib/oauth/oauth-error';
import { saidIn } from '#lib/oauth/provider-said';
import { longestText, providerText } from '#lib/oauth/provider-text';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { revokeGrant } from '#lib/oauth/revoke-token';
import type { TokenSet } from '#lib/oauth/types';
import { fuzzing } from '#tests/fuzzing';
import { depsFor, pinnedOf, quirkyRecord, redirectUri, runExchange } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer, type Reply } from '#tests/servers/quirky-server';

const secret = 'rt-Zx81-secret-of-this-grant';
const tokens = { access_token: secret, extras: {}, id_token_claims: null } as unknown as TokenSet;

type Fields = Record<string, unknown>;

/** Each step at which a provider may refuse, with the route that answers. */
const steps: Record<string, { route: string; run: (server: QuirkyServer) => Promise<unknown> }> = {
  exchange: {
    route: 'POST /token',
    run: (server) => runExchange(quirkyRecord(server), pinnedOf(server)),
  },
  refresh: {
    route: 'POST /token',
    run: (server) => {
      const record = quirkyRecord(server);
      return refreshGrant(record, pinnedOf(server), { refreshToken: secret }, depsFor(record));
    },
  },
  revocation: {
    route: 'POST /revoke',
    run: (server) => {
      const record = quirkyRecord(server);
      const held = { accessToken: 'at', refreshToken: secret };
      return revokeGrant(record, pinnedOf(server), held, depsFor(record));
    },
  },
  introspection: {
    route: 'POST /introspect',
    run: (server) => {
      const record = quirkyRecord(server);
      return introspectToken(record, pinnedOf(server), { token: secret }, depsFor(record));
    },
  },
  userinfo: {
    route: 'GET /userinfo',
    run: (server) => {
      const record = quirkyRecord(server, { identity: { source: 'userinfo' } });
      return fetchIdentity(record, pinnedOf(server), tokens, depsFor(record));
    },
  },
};

/** The part of a refusal that the log gets, and everything else that could be printed of it. */
async function told(failed: Promise<unknown>) {
  const error = await failed.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isOAuthError(error)) throw new Error(`no refusal: ${inspect(error)}`);
  const { provider_error, provider_subcode, provider_said } = describeError(error);
  const shown = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)].join('\n');
  return { log: { provider_error, provider_subcode, provider_said }, shown };
}

describe('P-14 what the provider said is never lost', () => {
  const refusal: Reply = {
    status: 400,
    json: { error: 'redirect_uri_mismatch', error_description: 'The redirect URI is not registered.' },
  };
  test.each(Object.keys(steps))('%s: code and words reach the log, the words nothing else', async (name) => {
    const step = steps[name];
    const server = await quirkyServer();
    server.on(step?.route ?? '', refusal);
    const { log, shown } = await told(step?.run(server) ?? Promise.resolve());
    expect(log).toMatchObject({
      provider_error: 'redirect_uri_mismatch',
      provider_said: 'The redirect URI is not registered.',
    });
    expect(shown).not.toContain('registered');
  });

  test('redirect', async () => {
    const server = await quirkyServer();
    const url = new URL(redirectUri);
    url.search = new URLSearchParams({
      ...{ state: 'state-1', error: 'access_denied', error_subcode: 'cancel', code: 'not-a-code-of-an-error' },
      error_description: 'AADSTS65004: User declined to consent.',
    }).toString();
    const failed = Promise.try(() => checkCallback(quirkyRecord(server), pinnedOf(server), url, { state: 'state-1' }));
    expect((await told(failed)).log).toEqual({
      provider_error: 'access_denied',
      provider_subcode: 'AADSTS65004',
      provider_said: 'AADSTS65004: User declined to consent.',
    });
  });

  test('a challenge of the userinfo endpoint (RFC 6750 §3)', async () => {
    const server = await quirkyServer();
    const challenge = 'Bearer realm="x", error="insufficient_scope", error_description="Needs \\"profile\\""';
    server.on('GET /userinfo', { status: 403, text: '', headers: { 'www-authenticate': challenge } });
    const { log } = await told(steps.userinfo?.run(server) ?? Promise.resolve());
    expect(log.provider_error).toBe('insufficient_scope');
    expect(log.provider_said).toContain('Needs');
  });

  test.each<[string, Fields, ReturnType<typeof saidIn>]>([
    [
      'Google',
      { error: 'invalid_grant', error_subtype: 'invalid_rapt', error_description: 'reauth related error' },
      { providerError: 'invalid_grant', providerSubcode: 'invalid_rapt', said: 'reauth related error' },
    ],
    [
      'Microsoft',
      {
        error: 'invalid_client',
        error_description:
          'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333',
        error_codes: [7_000_215],
        suberror: 'bad_token',
      },
      {
        providerError: 'invalid_client',
        providerSubcode: 'AADSTS7000215',
        said: 'AADSTS7000215: Invalid client secret provided. Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333',
      },
    ],
    [
      'Meta',
      { error: { message: 'Session has expired', type: 'OAuthException', code: 190, error_subcode: 463 } },
      { providerError: 'OAuthException', providerSubcode: undefined, said: 'Session has expired' },
    ],
    [
      'Strava',
      { message: 'Bad Request', errors: [{ resource: 'RefreshToken', field: 'refresh_token', code: 'invalid' }] },
      { providerError: 'invalid', providerSubcode: undefined, said: 'Bad Request' },
    ],
    [
      'HubSpot',
      { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown refresh token' },
      { providerError: 'BAD_REFRESH_TOKEN', providerSubcode: undefined, said: 'missing or unknown refresh token' },
    ],
    [
      'Okta',
      { errorCode: 'E0000011', errorSummary: 'Invalid token provided' },
      { providerError: 'E0000011', providerSubcode: undefined, said: 'Invalid token provided' },
    ],
    [
      'two words',
      { error: 'Bad Request', message: 'no' },
      { providerError: 'Bad Request', providerSubcode: undefined, said: 'no' },
    ],
    [
      'a sentence as the error',
      { error: 'The refresh token that you sent is not known here.' },
      {
        providerError: undefined,
        providerSubcode: undefined,
        said: 'The refresh token that you sent is not known here.',
      },
    ],
    [
      'a status beside a word',
      { error: { code: 403, status: 'PERMISSION_DENIED', message: 'no' } },
      { providerError: 'PERMISSION_DENIED', providerSubcode: undefined, said: 'no' },
    ],
  ])('%s', (_, body, said) => {
    const { providerError, providerSubcode, said: words } = saidIn(body);
    if (_ === 'Meta') expect(['OAuthException', '190']).toContain(providerError);
    else expect(providerError).toBe(said.providerError);
    if (_ !== 'Meta') expect(providerSubcode).toBe(said.providerSubcode);
    expect(words).toBe(said.said);
  });
});

describe('P-14 hostile words', () => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzLTEifQ.c2lnbmF0dXJl';
  test.each<[string, string, string]>([
    [
      'line breaks and terminal escapes',
      'one\r\n{"level":"info"}\u001b[31m two\u0000',
      'one {"level":"info"} [31m two',
    ],
    ['text that turns around', 'safe \u202egnp.exe', 'safe gnp.exe'],
    ['a JWT', `token ${jwt} expired`, 'token [redacted] expired'],
    ['the token of the request', `unknown token ${secret}!`, 'unknown token [redacted]!'],
    ['the same, percent-encoded', 'bad a%2Bb%2Fc%3D%3D here', 'bad [redacted] here'],
    ['an opaque token of somebody else', 'use ya29A0ARrdaM8abcdefGHIJK42 now', 'use [redacted] now'],
    ['one without digits', 'use IytbQwErTzuiOpasDfghJklYxcv now', 'use [redacted] now'],
    ['a name of several words', 'an InvalidAuthorizationGrantException', 'an InvalidAuthorizationGrantException'],
    ['a header', 'sent Authorization: Bearer abc.def', 'sent Authorization: Bearer [redacted]'],
    ['a parameter', 'at /token?code=4/0AX4 and more', 'at /token?code=[redacted] and more'],
    [
      'a URL keeps its path',
      'use https://hub.example/oauth/callback/google?code=abc.',
      'use https://hub.example/oauth/callback/google',
    ],
    ['HTML', '<b onclick="x()">no</b>', '<b onclick="x()">no</b>'],
    ['half a character', 'a\ud800b', 'a\ufffdb'],
    ['long words', 'unsupported_response_type_of_this_server', 'unsupported_response_type_of_this_server'],
  ])('%s', (_, text, log) => {
    expect(providerText(text, [secret, 'a+b/c=='])).toBe(log);
  });

  test('10 kB become 300 characters, and no token is cut into the log', () => {
    expect(providerText('long '.repeat(2_000))).toHaveLength(longestText);
    expect(providerText('x'.repeat(10_000))).toBeUndefined();
    expect(providerText(`${'a '.repeat(1_990)}${secret.repeat(4)}`, [secret])).not.toContain('Zx81');
  });

  test('a short secret leaves other words alone', () => {
    expect(providerText('support says rt is wrong', ['rt'])).toBe('support says [redacted] is wrong');
  });

  test.each([5, {}, [], null, undefined, true])('%j are no words', (value) => {
    expect(providerText(value)).toBeUndefined();
  });

  test.each(['a b c d', 'x'.repeat(65), 'a"b', 'a\\b', 'a\nb', 'ä', '', ' a', 'a  b', 'ya29A0ARrdaM8abcdefGHIJK42'])(
    '%j is no code',
    (value) => {
      expect(errorToken(value)).toBeUndefined();
    },
  );

  test('a code that repeats what was sent is none', () => {
    expect(saidIn({ error: 'abc-1' }, ['abc-1']).providerError).toBeUndefined();
    expect(saidIn({ error: 'x', refresh_token: 'abcdef-9', message: 'gave abcdef-9' }).said).toBe('gave [redacted]');
  });

  test('whatever the words are, the log has one line without the secret', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.string({ unit: 'binary', maxLength: 400 }),
        (a, b) => {
          const text = providerText(`${a} ${secret} ${b}`, [secret]) ?? '';
          expect(text).not.toContain(secret);
          expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u);
          expect(text.isWellFormed() && text.length <= longestText).toBe(true);
        },
      ),
      fuzzing(300),
    );
  });
});

describe('a server that repeats a secret of the request as its error code', () => {
  const secrets = ['dev-key-of-this-client', 'code-1', 'secret-of-this-client', 'token-of-this-answer'];
  const steps: Record<string, (server: QuirkyServer, fields: Fields) => Promise<unknown>> = {
    exchange: (server, fields) => runExchange(quirkyRecord(server, fields), pinnedOf(server)),
    refresh: (server, fields) => {
      const record = quirkyRecord(server, fields);
      return refreshGrant(record, pinnedOf(server), { refreshToken: secrets[1] ?? '' }, depsFor(record));
    },
  };
  test.each(Object.keys(steps).flatMap((step) => secrets.map((word) => [step, word] as const)))(
    'keeps it neither in log nor in ledger: %s, %s',
    async (step, word) => {
      const server = await quirkyServer();
      const said = { error: word, error_description: `Bad ${word}!`, refresh_token: secrets[3] };
      server.on('POST /token', { status: 400, json: said });
      const fields: Fields = { token_headers: { 'X-Client': secrets[0] }, client_secret: secrets[2] };
      const error: unknown = await steps[step]?.(server, fields).catch((thrown: unknown) => thrown);
      expect(isOAuthError(error) && error.providerError).toBe('unspecified');
      expect(inspect(describeError(error), { depth: 9 })).not.toContain(word);
    },
  );
});
