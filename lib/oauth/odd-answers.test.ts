import { describe, expect, test } from 'vitest';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { revokeGrant } from '#lib/oauth/revoke-token';
import type { TokenSet } from '#lib/oauth/types';
import { exchanged, refreshed } from '#tests/servers/quirky-flow';
import { depsFor, nonce, pinnedOf, quirkyRecord, redirectUri, verifier } from '#tests/servers/quirky-provider';
import { quirkyServer, type Reply } from '#tests/servers/quirky-server';

type Fields = Record<string, unknown>;

async function redirected(parameters: Record<string, string>, answer: Fields, fields: Fields): Promise<TokenSet> {
  const server = await quirkyServer();
  server.on('POST /token', { json: answer });
  const record = quirkyRecord(server, fields);
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ state: 's', ...parameters }).toString();
  const checked = checkCallback(record, pinnedOf(server), url, { state: 's' });
  return exchangeCode(record, pinnedOf(server), checked, { verifier, nonce, redirectUri, scopes: [] }, depsFor(record));
}

describe('P-08 numbers keep their value', () => {
  const answer = (id: string) => ({ text: `{"access_token":"at","user_id":${id},"other":7}` });
  test.each([
    ['24601234567890123', '24601234567890123'],
    ['-9007199254740993', '-9007199254740993'],
    ['9007199254740991', 9_007_199_254_740_991],
    ['12345678901234567890123456789', '12345678901234567890123456789'],
    ['1e400', '1e400'],
    ['0.12345678901234567890', '0.12345678901234567890'],
    ['0.5', 0.5],
    ['1700000000.125', 1_700_000_000.125],
    ['1795870989.123456', 1_795_870_989.123456],
    ['42', 42],
  ])('%s', async (written, kept) => {
    const tokens = await exchanged(answer(written), { response_fields: ['user_id', 'other'] });
    expect(tokens.extras).toEqual({ user_id: kept, other: 7 });
  });

  test('a large number is an identity, digit by digit', async () => {
    const server = await quirkyServer();
    server.on('GET /me', { text: '{"id":24601234567890123,"name":"Ada"}' });
    const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', label: ['name'] };
    const record = quirkyRecord(server, { identity });
    const tokens = {
      access_token: 'at',
      refresh_token: null,
      extras: {},
      id_token_claims: null,
    } as unknown as TokenSet;
    const found = await fetchIdentity(record, pinnedOf(server), tokens, depsFor(record));
    expect(found.subject).toBe('24601234567890123');
  });
});

describe('P-09 words for a bearer token', () => {
  test.each(['Bearer', 'bearer', 'BEARER', ' Bearer ', 'Bearer\t'])('%j is one everywhere', async (token_type) => {
    expect((await exchanged({ json: { access_token: 'at', token_type } })).token_type).toBe('bearer');
  });
  test.each(['bot', 'BearerToken', 'JWT', 'user', 'oauth'])(
    '%s is one where the record says so',
    async (token_type) => {
      const json = { access_token: 'at', token_type };
      expect((await exchanged({ json }, { bearer_token_types: [token_type.toLowerCase()] })).token_type).toBe('bearer');
      await expect(exchanged({ json })).rejects.toMatchObject({ code: 'token_answer_invalid' });
    },
  );
  test.each(['mac', 'MAC ', 'DPoP', 'dpop', 'PoP', 'N_A', 42, {}])('%j never is', async (token_type) => {
    await expect(exchanged({ json: { access_token: 'at', token_type } })).rejects.toMatchObject({
      code: 'token_answer_invalid',
    });
  });
  test.each(['mac', 'DPoP', 'N_A'])('a record cannot say that %s is', async (word) => {
    const server = await quirkyServer();
    expect(() => quirkyRecord(server, { bearer_token_types: [word] })).toThrow(/bearer/);
  });
});

describe('P-10 a body is read by what it is', () => {
  const json = '{"access_token":"at","token_type":"bearer"}';
  const form = 'access_token=at&token_type=bearer';
  const types = ['text/html', 'text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded'];
  test.each(types.flatMap((type) => [json, form, ` \n${json}\n`, `${form}\n`].map((body) => [type, body])))(
    '%s: %j',
    async (type, text) => {
      expect((await exchanged({ text: text ?? '', headers: { 'content-type': type ?? '' } })).access_token).toBe('at');
    },
  );
  test('without a type', async () => {
    const raw = (body: string): Reply => ({ raw: (response) => response.end(body) });
    expect((await exchanged(raw(form))).access_token).toBe('at');
    expect((await exchanged(raw(json))).access_token).toBe('at');
  });
  test.each(['<html>access_token=at</html>', 'Service unavailable, access_token=at', '', '[]', '"access_token=at"'])(
    'but %j is neither',
    async (text) => {
      await expect(exchanged({ text })).rejects.toMatchObject({ code: 'token_answer_invalid' });
    },
  );
});

describe('P-12 the life of a token under other names', () => {
  const dated = (json: Fields): Reply => ({ json, headers: { date: 'Sat, 28 Nov 2026 12:00:00 GMT' } });
  const noon = Date.UTC(2026, 10, 28, 12) / 1000;
  test.each<[string, Fields, Fields, number | null]>([
    ['seconds', { expires_in: 3600 }, {}, 3600],
    ['seconds as text', { expires_in: '3600' }, {}, 3600],
    ['a moment in seconds', { expires_at: noon + 3600 }, {}, 3600],
    ['a moment in milliseconds', { expires_at: (noon + 3600) * 1000 }, {}, 3600],
    ['a moment as text', { expires_at: String(noon + 3600) }, {}, 3600],
    ['a date', { expires_at: '2026-11-28T13:00:00Z' }, {}, 3600],
    ['a date with another zone', { expires_at: '2026-11-28T15:00:00+02:00' }, {}, 3600],
    ['a date without a zone is in UTC', { expires_at: '2026-11-28 13:00:00' }, {}, 3600],
    ['a moment under the name of a life', { expires_in: noon + 3600 }, {}, 3600],
    ['a moment that is over', { expires_at: noon - 60 }, {}, 0],
    ['expires', { expires: 1200 }, {}, 1200],
    ['the first that can be read', { expires_in: 'soon', expires_at: noon + 60 }, {}, 60],
    ['a name of the record', { ttl: 90_000 }, { access_token_life: { path: 'ttl', as: 'milliseconds' } }, 90],
    ['a nested name', { meta: { end: noon + 5 } }, { access_token_life: { path: 'meta.end', as: 'moment' } }, 5],
    ['nothing that can be read', { expires_in: 'soon', expires_at: 'tomorrow' }, {}, null],
  ])('%s', async (_, answer, fields, seconds) => {
    expect((await exchanged(dated({ access_token: 'at', ...answer }), fields)).expires_in).toBe(seconds);
  });
  test.each<[string, Fields, Fields]>([
    ['refresh_token_expires_in', { refresh_token_expires_in: 86_400 }, {}],
    ['refresh_expires_in', { refresh_expires_in: 86_400 }, {}],
    ['x_refresh_token_expires_in', { x_refresh_token_expires_in: '86400' }, {}],
    ['refresh_token_expires_at', { refresh_token_expires_at: noon + 86_400 }, {}],
    ['a name of the record', { rt_end: '2026-11-29' }, { refresh_token_life: { path: 'rt_end', as: 'moment' } }],
  ])('%s', async (name, answer, fields) => {
    const tokens = await exchanged(dated({ access_token: 'at', refresh_token: 'rt', ...answer }), fields);
    expect(tokens.refresh_token_expires_in).toBe(name === 'a name of the record' ? 43_200 : 86_400);
  });
});

describe('P-13 a token in one of several places', () => {
  const nested = { authed_user: { access_token: 'nested', refresh_token: 'rt-nested', token_type: 'user' } };
  const flat = { access_token: 'flat', refresh_token: 'rt-flat', token_type: 'bearer' };
  const record = { token_path: 'authed_user.access_token' };
  test('nested when a code is exchanged, flat when refreshed', async () => {
    expect(await exchanged({ json: nested }, record)).toMatchObject({
      access_token: 'nested',
      refresh_token: 'rt-nested',
    });
    expect(await refreshed({ json: flat }, record)).toMatchObject({ access_token: 'flat', refresh_token: 'rt-flat' });
  });
  test('the first of the record that fits, before the flat one', async () => {
    const paths = { token_path: ['data.token', 'authed_user.access_token'] };
    expect((await exchanged({ json: { ...flat, ...nested } }, paths)).access_token).toBe('nested');
    expect((await exchanged({ json: { ...nested, data: { token: 'first' } } }, paths)).access_token).toBe('first');
  });
});

describe('P-06 scopes that stand elsewhere', () => {
  test('on the redirect', async () => {
    const tokens = await redirected(
      { code: 'c', scope: 'read write' },
      { access_token: 'at' },
      { scope_source: 'redirect' },
    );
    expect(tokens.scopes).toEqual(['read', 'write']);
  });
  test('on the redirect under another name and separator', async () => {
    const fields = { scope_source: 'redirect', scope_field: 'granted', scope_sep_in: ',' };
    expect((await redirected({ code: 'c', granted: 'a,b' }, { access_token: 'at' }, fields)).scopes).toEqual([
      'a',
      'b',
    ]);
  });
  test('a redirect that is silent is unknown', async () => {
    const tokens = await redirected({ code: 'c' }, { access_token: 'at', scope: 'read' }, { scope_source: 'redirect' });
    expect(tokens.scopes).toBeNull();
    const server = await quirkyServer();
    expect(quirkyRecord(server, { scope_source: 'redirect' }).absent_scope).toBe('unknown');
  });
  test.each<[Fields, Fields, string[]]>([
    [{ scopes: 'read write' }, {}, ['read', 'write']],
    [{ scopes: ['read', 'write'] }, {}, ['read', 'write']],
    [{ permissions: { granted: ['read'] } }, { scope_field: 'permissions.granted' }, ['read']],
  ])('%j in the token answer', async (answer, fields, scopes) => {
    expect((await exchanged({ json: { access_token: 'at', ...answer } }, fields)).scopes).toEqual(scopes);
  });
});

describe('P-15 a person who declines', () => {
  const declined = [
    'access_denied',
    'user_cancelled_authorize',
    'user_cancelled_login',
    'consent_required',
    'USER_DENIED',
  ];
  test.each(declined)('%s', async (error) => {
    await expect(redirected({ error }, {}, {})).rejects.toMatchObject({ code: 'access_denied', providerError: error });
  });
  test('a word of the record', async () => {
    await expect(redirected({ error: 'no_thanks' }, {}, {})).rejects.toMatchObject({ code: 'provider_refused' });
    const fields = { declined_codes: ['no_thanks'] };
    await expect(redirected({ error: 'no_thanks' }, {}, fields)).rejects.toMatchObject({ code: 'access_denied' });
  });
  test.each(['server_error', 'invalid_client', 'invalid_scope', 'temporarily_unavailable'])(
    '%s is not one',
    async (error) => {
      await expect(redirected({ error }, {}, {})).rejects.toMatchObject({ code: 'provider_refused' });
    },
  );
});

describe('P-16 a dead grant without an error code', () => {
  const strava = { message: 'Bad Request', errors: [{ resource: 'RefreshToken', code: 'invalid' }] };
  const rules = {
    dead_answers: [
      { path: 'errors.0.code', value: 'invalid' },
      { path: 'status', value: 'BAD_REFRESH_TOKEN' },
      { status: 410 },
      { path: 'code', value: '42' },
    ],
  };
  test.each<[number, Fields]>([
    [400, strava],
    [400, { status: 'BAD_REFRESH_TOKEN', message: 'x' }],
    [410, { message: 'Gone' }],
    [400, { code: 42 }],
    [200, { status: 'BAD_REFRESH_TOKEN' }],
  ])('%i %j', async (status, json) => {
    await expect(refreshed({ status, json }, rules)).rejects.toMatchObject({ disposition: 'dead_grant' });
  });
  test.each<[number, Fields]>([
    [400, { message: 'Bad Request', errors: [{ resource: 'Application', code: 'missing' }] }],
    [400, { status: 'BUSY' }],
  ])('%i %j is none', async (status, json) => {
    await expect(refreshed({ status, json }, rules)).rejects.not.toMatchObject({ disposition: 'dead_grant' });
  });
  test.each([429, 500, 503])('nor is %i, whatever it says', async (status) => {
    const failed = refreshed({ status, json: { status: 'BAD_REFRESH_TOKEN' } }, rules);
    await expect(failed).rejects.toMatchObject({ disposition: 'transient' });
  });
  test.each([{ status: 401 }, { status: 429 }, { status: 200 }, { path: 'x' }, {}])('%j is no rule', async (rule) => {
    const server = await quirkyServer();
    expect(() => quirkyRecord(server, { dead_answers: [rule] })).toThrow();
  });
});

describe('P-17 numbers are codes', () => {
  test('in an error object, and as the error itself', async () => {
    const dead = { dead_codes: ['190'] };
    for (const json of [{ error: { code: 190, message: 'x' } }, { error: 190 }])
      await expect(refreshed({ status: 400, json }, dead)).rejects.toMatchObject({
        providerError: '190',
        disposition: 'dead_grant',
      });
  });
});

describe('P-18 errors in a 200 are errors everywhere', () => {
  const fields = { error_in_200: true };
  test('revocation', async () => {
    const server = await quirkyServer();
    server.on('POST /revoke', { json: { ok: false, error: 'token_revocation_failed' } });
    const record = quirkyRecord(server, fields);
    const tokens = { accessToken: 'at', refreshToken: 'rt' };
    await expect(revokeGrant(record, pinnedOf(server), tokens, depsFor(record))).rejects.toMatchObject({
      code: 'request_rejected',
      providerError: 'token_revocation_failed',
    });
    server.on('POST /revoke', { json: { ok: false, error: 'invalid_token' } });
    expect(await revokeGrant(record, pinnedOf(server), tokens, depsFor(record))).toBe('revoked');
    server.on('POST /revoke', { text: '' });
    expect(await revokeGrant(record, pinnedOf(server), tokens, depsFor(record))).toBe('revoked');
  });
  test('identity', async () => {
    const server = await quirkyServer();
    server.on('GET /userinfo', { json: { ok: false, error: 'missing_scope', sub: 'ada' } });
    const record = quirkyRecord(server, { ...fields, identity: { source: 'userinfo' } });
    const tokens = { access_token: 'at', extras: {}, id_token_claims: null } as unknown as TokenSet;
    await expect(fetchIdentity(record, pinnedOf(server), tokens, depsFor(record))).rejects.toMatchObject({
      code: 'identity_invalid',
    });
  });
});
