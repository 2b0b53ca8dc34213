import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  answering,
  exchanged,
  type Fields,
  identified,
  redirected,
  refreshed,
  revoked,
} from '#tests/servers/quirky-flow';
import { quirkyServer, type Reply } from '#tests/servers/quirky-server';

// More answers of public reports about OAuth clients, with values of our own. The page stands behind each row.

const at = { access_token: 'at' };

describe('P-12, P-13 token answers in public reports', () => {
  test.each<[string, Fields, Fields, Fields]>([
    [
      'a wrapper with facts of the request beside it', // ruby-oauth/oauth2#627
      { data: { ...at, expires_in: 21_600, scopes: 'basic email' }, meta: { client_ip: '203.0.113.9', version: '1' } },
      { token_path: 'data.access_token' },
      { access_token: 'at', expires_in: 21_600, scopes: ['basic', 'email'] },
    ],
    [
      'objects and lists that nobody asked for', // spring-projects/spring-security#6463
      { ...at, expires_in: 60, custom: { list: [1, { deep: true }], none: null } },
      {},
      { access_token: 'at', expires_in: 60 },
    ],
    ['a life with letters behind it', { ...at, expires_in: '3600abc' }, {}, { expires_in: null }], // QwenLM/qwen-code#5510
    [
      'the moment of issue beside the life', // GitLab's documentation of /oauth/token
      { ...at, expires_in: 7200, created_at: 1_607_635_748 },
      {},
      { expires_in: 7200 },
    ],
    [
      'an empty list of restrictions and the type of RFC 8693', // Box's documentation of /oauth2/token
      {
        ...at,
        expires_in: 3600,
        restricted_to: [],
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
      {},
      { expires_in: 3600, scopes: null },
    ],
    [
      'names that begin with a dot', // ASP.NET's middleware of OWIN
      { ...at, expires_in: 1_209_599, userName: 'ada', '.issued': 'Sat, 28 Nov 2026 12:00:00 GMT', '.expires': 'x' },
      {},
      { expires_in: 1_209_599 },
    ],
    [
      'strings for all of it, with a second life', // LibreChat-AI/librechat.ai#420
      { ...at, expires_in: '5250', ext_expires_in: '5250', not_before: '1759489561', resource: 'api://x' },
      {},
      { expires_in: 5250 },
    ],
    [
      'the token inside of an object of its name',
      { access_token: { token: 'at', kind: 'user' }, expires_in: 60 },
      { token_path: 'access_token.token', access_token_life: { path: 'expires_in', as: 'seconds' } },
      { access_token: 'at', expires_in: 60 },
    ],
    ['an empty refresh token', { ...at, refresh_token: '' }, {}, { refresh_token: null }],
    ['no refresh token, said by false', { ...at, refresh_token: false }, {}, { refresh_token: null }],
    ['an empty ID token that was not asked for', { ...at, id_token: '' }, {}, { access_token: 'at' }],
    ['an empty error beside a token', { ...at, error: '' }, {}, { access_token: 'at' }],
    ['error null beside a token', { ...at, error: null, error_description: null }, {}, { access_token: 'at' }],
  ])('%s', async (_, json, fields, read) => {
    expect(await exchanged({ json }, fields)).toMatchObject(read);
    expect(await refreshed({ json }, fields)).toMatchObject(read);
  });
});

describe('P-10 how answers travel', () => {
  const json = '{"access_token":"at","expires_in":60}';
  const head = 'Content-Type: application/json\r\n';
  const onTheSocket = (text: string): Reply => ({ raw: ({ socket }) => socket?.end(text) });
  test.each<[string, Reply]>([
    ['by Brotli', { text: brotliCompressSync(json), headers: { 'content-encoding': 'br' } }],
    ['by gzip under its old name', { text: gzipSync(json), headers: { 'content-encoding': 'x-gzip' } }],
    ['with a charset as its encoding', { text: json, headers: { 'content-encoding': 'UTF-8' } }],
    ['with a charset in quotes', { text: json, headers: { 'content-type': 'application/json;charset="utf8"' } }],
    ['with a charset of databases', { text: json, headers: { 'content-type': 'application/json; charset=utf8mb4' } }],
    ['as another kind of JSON', { text: json, headers: { 'content-type': 'application/vnd.api+json' } }],
    ['behind blank lines', { text: `\n\n ${json}\n`, headers: { 'content-type': 'application/json' } }],
    ['with status 202', { status: 202, text: json }],
    ['by HTTP/1.0', onTheSocket(`HTTP/1.0 200 OK\r\n${head}\r\n${json}`)],
    ['without a type', onTheSocket(`HTTP/1.1 200 OK\r\nContent-Length: ${json.length}\r\n\r\n${json}`)],
  ])('%s', async (_, reply) => {
    expect(await exchanged(reply)).toMatchObject({ access_token: 'at', expires_in: 60 });
    expect(await refreshed(reply)).toMatchObject({ access_token: 'at', expires_in: 60 });
  });

  const followed: Reply = { status: 307, headers: { location: '/token-2' }, text: '' };
  test.each<[string, Reply]>([
    ['a page of a firewall', { status: 403, text: '<html>Attention Required!</html>' }],
    ['a page that is not there', { status: 404, text: '<html>Not Found</html>' }],
    ['a notice of PHP before it', { text: `<b>Notice</b>: x in y on line 1<br />\n${json}` }],
    ['a redirect', followed], // ForceCLI/force#645: Salesforce, for another host of its own
  ])('%s ends no grant', async (_, reply) => {
    await expect(refreshed(reply)).rejects.toMatchObject({ disposition: 'answer_invalid' });
  });
});

describe('P-14, P-16 refusals in public reports', () => {
  const plain = (status: number, text: string, type = 'text/plain'): Reply => ({
    ...{ status, text },
    headers: { 'content-type': type },
  });
  test.each<[string, Reply, Fields]>([
    ['a bare code as text', plain(400, 'invalid_grant'), {}], // apereo/cas#2903
    ['the same as a text of JSON', plain(400, '"invalid_grant"', 'application/json'), {}],
    ['the same with a line behind it', plain(400, 'invalid_grant\r\n', 'text/html'), {}],
    [
      'a code in WWW-Authenticate, and no body', // ueberauth/oauth2#17
      {
        ...{ status: 401, text: '' },
        headers: { 'www-authenticate': 'Bearer realm="Service", error="invalid_grant", error_description="x"' },
      },
      {},
    ],
    [
      'a number of the status beside a word', // supabase/auth#2829
      { status: 400, json: { code: 400, error_code: 'refresh_token_not_found', msg: 'Invalid Refresh Token' } },
      { dead_codes: ['refresh_token_not_found'] },
    ],
    ['a code with white space', { status: 400, json: { error: ' invalid_grant ' } }, {}],
  ])('%s ends a grant', async (_, reply, fields) => {
    await expect(refreshed(reply, fields)).rejects.toMatchObject({ disposition: 'dead_grant' });
  });

  test.each<[string, Reply]>([
    ['a sentence', plain(400, 'invalid_grant was not given')],
    ['a word that is no code', plain(400, 'Unauthorized')],
    ['a page', plain(400, '<p>invalid_grant</p>', 'text/html')],
    ['a code that a record does not name', { status: 400, json: { code: 400, error_code: 'refresh_token_not_found' } }],
    ['a challenge without a code', { status: 401, text: '', headers: { 'www-authenticate': 'Bearer realm="x"' } }],
    [
      'a code inside of another value',
      { status: 401, text: '', headers: { 'www-authenticate': 'Bearer realm="error=\\"invalid_grant\\""' } },
    ],
  ])('%s ends none', async (_, reply) => {
    await expect(refreshed(reply)).rejects.not.toMatchObject({ disposition: 'dead_grant' });
  });

  test('the number and the type of a used code are not lost', async () => {
    // daviddesberg/PHPoAuthLib#327
    const json = { message: 'This authorization code has been used.', type: 'OAuthException', code: 100 };
    await expect(exchanged({ status: 400, json })).rejects.toMatchObject({
      providerError: expect.stringMatching(/100|OAuthException/),
    });
  });

  test('a refused scope is named by its code', async () => {
    // http4k/http4k#895: Hydra
    const parameters = { error: 'invalid_scope', error_description: "The requested scope is invalid: 'openissd'" };
    await expect(redirected(await quirkyServer(), parameters)).rejects.toMatchObject({
      ...{ code: 'provider_refused', providerError: 'invalid_scope' },
    });
  });

  test.each<[string, Record<string, string>]>([
    ['fields of the session', { session_state: 'b1-x.y', scope: '', authuser: '0', prompt: 'consent' }],
  ])('a good code beside %s is one', async (_, more) => {
    const server = await answering({ json: at });
    expect((await redirected(server, { code: 'c', ...more })).access_token).toBe('at');
  });
});

describe('P-18 revocations in public reports, once more', () => {
  test.each<Fields>([{ status: 'success' }, { ok: true, revoked: true }, { success: 'true' }, { result: 'ok' }])(
    '200 %j is one', // Zoho's and Slack's documentation
    async (json) => {
      expect(await revoked({ json }, { error_in_200: true })).toBe('revoked');
    },
  );
});

describe('P-19 who it is, in public reports', () => {
  const asked = async (json: unknown) => {
    const server = await answering({ json }, 'GET /me');
    const identity = {
      ...{ source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', label: ['name', 'email', 'id'] },
      ...{ email: 'email', email_verified: 'email_verified' },
    };
    return identified(server, { identity });
  };
  test.each<[unknown, boolean]>([
    [true, true],
    ['true', true], // Amazon Cognito says it as text
    ['false', false],
    ['TRUE ', false],
    [1, false],
    ['1', false],
    ['yes', false],
    [null, false],
    [[true], false],
    [{ value: true }, false],
  ])('email_verified %j', async (email_verified, verified) => {
    expect(await asked({ id: 'u-1', email: 'ada@example.com', email_verified })).toMatchObject({
      emailVerified: verified,
    });
  });
  test.each<[unknown, string]>([
    [{ givenName: 'Ada' }, 'ada@example.com'],
    [['Ada'], 'ada@example.com'],
    ['', 'ada@example.com'],
    ['  ', 'ada@example.com'],
    [null, 'ada@example.com'],
  ])('a name of %j is none: the next label counts', async (name, label) => {
    expect((await asked({ id: 'u-1', name, email: 'ada@example.com' })).label).toBe(label);
  });
});
