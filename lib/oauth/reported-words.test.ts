import { describe, expect, test } from 'vitest';
import { introspectToken } from '#lib/oauth/introspect-token';
import { idTokenSigner } from '#tests/servers/id-tokens';
import {
  answering,
  exchanged,
  type Fields,
  identified,
  redirected,
  refreshed,
  revoked,
} from '#tests/servers/quirky-flow';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

// Words and places of public documentation and reports, with values of our own.

const at = { access_token: 'at' };
const in200 = { error_in_200: true };

describe('P-06 scopes that were printed into text', () => {
  test.each<[unknown, string[]]>([
    ['[openid, profile]', ['openid', 'profile']], // a list as Java prints it
    ['["read","write"]', ['read', 'write']],
    ['[]', []],
    ['"read write"', ['read', 'write']],
    [{ read: 1, write: 0 }, ['read']],
    [{ read: 'true', write: 'false' }, ['read']],
  ])('%j', async (scope, granted) => {
    expect((await exchanged({ json: { ...at, scope } })).scopes).toEqual(granted);
  });
});

describe('P-09, P-13 tokens', () => {
  test.each(['null', 'undefined'])('a refresh token of %j is none', async (refresh_token) => {
    expect(await exchanged({ json: { ...at, refresh_token } })).toMatchObject({ refresh_token: null });
    expect(await refreshed({ json: { ...at, refresh_token } })).toMatchObject({ refresh_token: null });
  });
  test('an access token of null is none', async () => {
    await expect(exchanged({ json: { access_token: 'null' } })).rejects.toMatchObject({ code: 'token_answer_invalid' });
  });
  test('the name of RFC 8693 may be a bearer’s', async () => {
    const name = 'urn:ietf:params:oauth:token-type:access_token';
    const json = { ...at, token_type: name };
    await expect(exchanged({ json })).rejects.toMatchObject({ code: 'token_answer_invalid' });
    expect(await exchanged({ json }, { bearer_token_types: [name] })).toMatchObject({ token_type: 'bearer' });
  });
});

describe('P-15 a person who declines, in further words', () => {
  test.each(['aborted', 'user_aborted', 'auth_cancelled', 'authentication_canceled'])('%s', async (error) => {
    await expect(redirected(await quirkyServer(), { error })).rejects.toMatchObject({ code: 'access_denied' });
  });
});

describe('P-16 a dead grant, in further places', () => {
  test.each<unknown>([
    { ErrorResponse: { error: 'invalid_grant' } },
    { Error: { Code: 'invalid_grant' } },
    { error: [{ error: 'invalid_grant' }] },
    { errors: { error: 'invalid_grant' } },
    { errors: [{ id: 'invalid_grant' }] },
    { data: { error: { code: 'invalid_grant' } } },
    { detail: 'invalid_grant' },
    { type: 'invalid_grant', title: 'Refused', status: 400 }, // RFC 9457
    { title: 'invalid_grant', status: 400 },
  ])('%j', async (json) => {
    await expect(refreshed({ status: 400, json })).rejects.toMatchObject({ disposition: 'dead_grant' });
  });
  test.each<[unknown, string]>([
    [{ code: 'IllegalRefreshToken', type: 'ISP', message: 'x', request_id: '1' }, 'IllegalRefreshToken'], // Lazada
    [{ Code: 'RefreshTokenInvalid', Message: 'x' }, 'RefreshTokenInvalid'],
    [{ status: 401, body: {} }, '401'], // Withings
    [{ data: { error_code: 10_010, description: 'x' } }, '10010'], // Douyin
  ])('in a 200: %j', async (json, code) => {
    const fields = { ...in200, dead_codes: [code] };
    await expect(refreshed({ json }, fields)).rejects.toMatchObject({ disposition: 'dead_grant', providerError: code });
  });
  test('a code in words beside tokens is none', async () => {
    const json = { ...at, code: '0', request_id: '0ba2' };
    expect(await refreshed({ json }, in200)).toMatchObject({ access_token: 'at' });
  });
});

describe('P-18 a revocation that failed, in further words', () => {
  test.each<Fields>([
    ...[{ status: 293, error: '' }, { status: 401, message: 'x' }, { statusCode: 400 }, { meta: { code: 400 } }],
    ...[{ success: 0 }, { ok: 0 }, { success: 'no' }, { success: 'False' }, { isSuccess: false }, { result: 'fail' }],
    ...[{ errors: [{ message: 'x' }] }, { data: null, errors: [{ message: 'x' }] }, { err: 'failed' }],
    ...[{ Code: 'Forbidden', Message: 'x' }, { code: 'token_unknown', message: 'x' }, { data: { error_code: 10 } }],
  ])('200 %j', async (json) => {
    await expect(revoked({ json }, in200)).rejects.toMatchObject({ name: 'OAuthError' });
  });
  test.each<Fields>([
    ...[{ code: 0, message: 'ok' }, { code: 200, message: 'x' }, { status: 200 }, { status: 0 }, { statusCode: 204 }],
    ...[{ errors: [] }, { errors: null }, { meta: { code: 200 } }, { Code: 'OK', Message: 'x' }, { result: 'success' }],
    ...[
      { data: { id: 1 }, errors: [{ message: 'of a part' }] },
      { code: 'SUCCESS', message: 'x' },
    ],
  ])('200 %j is one', async (json) => {
    expect(await revoked({ json }, in200)).toBe('revoked');
  });
});

describe('P-12 the end of a token by introspection', () => {
  test.each<[Fields, number]>([
    [{ exp: 1_800_000_000 }, 1_800_000_000],
    [{ exp: 1_800_000_000_000 }, 1_800_000_000],
    [{ expires_in: '60' }, 1_767_225_660], // no `exp`
    [{ exp: 1_800_000_000, expires_in: 60 }, 1_800_000_000],
  ])('%j', async (facts, exp) => {
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    const server = await answering({ json: { active: true, ...facts }, headers: { date } }, 'POST /introspect');
    const record = quirkyRecord(server);
    expect(await introspectToken(record, pinnedOf(server), { token: 'at' }, depsFor(record))).toMatchObject({ exp });
  });
});

describe('P-03 keys behind a redirect', () => {
  test.each<[string, Fields]>([
    ['by openid-client', {}],
    ['by the own check', { dangerously_without_nonce: true }],
  ])('on the same origin are read, %s; elsewhere they are not', async (_, fields) => {
    const [server, other] = [await quirkyServer(), await quirkyServer()];
    const signer = await idTokenSigner(server);
    server.on('POST /token', { json: { ...at, id_token: await signer.sign() } });
    server.on('GET /keys', { json: signer.jwks });
    other.on('GET /keys', { json: signer.jwks });
    const record = quirkyRecord(server, { scopes: ['openid'], ...fields });
    const jump = (to: string) => server.on('GET /jwks', { status: 301, text: '', headers: { location: to } });
    jump('/keys');
    expect((await runExchange(record, pinnedOf(server))).id_token_claims).toMatchObject({ sub: 'subject-1' });
    jump(`${other.url}/keys`);
    await expect(runExchange(record, pinnedOf(server))).rejects.toMatchObject({ code: 'discovery_redirected' });
    expect(other.seen).toEqual([]);
  });
});

describe('P-08 who it is', () => {
  const asked = async (json: unknown) => {
    const server = await answering({ json }, 'GET /me');
    const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', label: ['name', 'login'] };
    return identified(server, { identity });
  };
  // Accounts that share such a text would be one account, and its connections one person's.
  test.each(['null', 'undefined', 'NaN', 'None', 'nil', ' ', '[object Object]'])(
    'a subject of %j is nobody',
    async (id) => {
      await expect(asked({ id })).rejects.toMatchObject({ code: 'identity_invalid' });
    },
  );
  test.each(['nullius', 'none-1', '0', ' a'])('a subject of %j is somebody', async (id) => {
    expect((await asked({ id })).subject).toBe(id);
  });
  test.each<[string, string]>([
    ['ada\u202emoc.elpmaxe', 'adamoc.elpmaxe'],
    ['\u2066ada\u2069', 'ada'],
    ['\u200b\u200d', 'login-1'],
    ['👩\u200d💻 Ada', '👩\u200d💻 Ada'],
  ])('a name of %j turns no text', async (name, label) => {
    expect((await asked({ id: '1', name, login: 'login-1' })).label).toBe(label);
  });
});
