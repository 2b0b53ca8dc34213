import { describe, expect, test } from 'vitest';
import type { CheckResult } from '#lib/provider-check/report';
import { checkAt, recordFor } from '#tests/checked-provider';
import { sharedDatabase } from '#tests/database';
import { clientSecret } from '#tests/servers/quirky-provider';
import { type Behaviour, type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { behaveWell, metadataOf } from '#tests/servers/well-behaved';

const database = sharedDatabase();

const check = (record: Record<string, unknown>) => checkAt(database.current, record);

const of = (results: readonly CheckResult[], result: CheckResult['result']) =>
  [...new Set(results.filter((one) => one.result === result).map(({ check }) => check))].sort();

/** What a broken server does beside behaving well. */
interface Fault {
  on?: (server: QuirkyServer) => Record<string, Behaviour>;
  record?: (url: string) => Record<string, unknown>;
  /** The check that tells of it. */
  check: string;
  result?: CheckResult['result'];
  found: RegExp;
  mend?: RegExp;
  /** Null: none is proposed. */
  recordLine?: RegExp | null;
}

const metadata = (change: (url: string) => Record<string, unknown>): Fault['on'] => {
  return ({ url }) => ({ 'GET /.well-known/openid-configuration': { json: { ...metadataOf(url), ...change(url) } } });
};
const answer =
  (route: string, behaviour: Behaviour): Fault['on'] =>
  () => ({ [route]: behaviour });

const faults: Record<string, Fault> = {
  'wrong secret': {
    record: () => ({ client_secret: 'another secret that nobody knows' }),
    check: 'client_authentication',
    found: /does not know the client: invalid_client/,
    mend: /client_secret_env/,
  },
  'wrong secret, in the words of Keycloak': {
    on: answer('POST /token', { status: 401, json: { error: 'unauthorized_client' } }),
    check: 'client_authentication',
    found: /does not know the client: unauthorized_client/,
    mend: /client_secret_env/,
  },
  'a server that looks at the code before the client': {
    // Doorkeeper's, OpenAuth's and Hellō's: the same answer to each secret
    on: answer('POST /token', { status: 400, json: { error: 'invalid_grant' } }),
    check: 'client_authentication',
    result: 'unknown',
    found: /also of a made-up secret/,
    mend: /Connect as yourself/,
  },
  'a client that may not use codes': {
    on: answer('POST /token', { status: 400, json: { error: 'unauthorized_client' } }),
    check: 'client_authentication',
    found: /unauthorized_client/,
    mend: /authorization code grant/,
  },
  'the secret in another place': {
    on: metadata(() => ({ token_endpoint_auth_methods_supported: ['client_secret_post'] })),
    record: () => ({ token_endpoint_auth_method: 'client_secret_basic' }),
    check: 'record',
    found: /client_secret_basic; the server takes client_secret_post/,
    recordLine: /"token_endpoint_auth_method": "client_secret_post"/,
  },
  'P-01 HTTP Basic that is not decoded': {
    on: answer('POST /token', ({ headers }) => {
      const raw = `Basic ${Buffer.from(`client-1:${clientSecret}`).toString('base64')}`;
      const known = headers.authorization === raw;
      return known
        ? { status: 400, json: { error: 'invalid_grant' } }
        : { status: 401, json: { error: 'invalid_client' } };
    }),
    check: 'client_authentication',
    result: 'passes',
    found: /in the encoding raw only/,
    recordLine: /"basic_encoding": "raw"/,
  },
  'issuer with a slash': {
    on: metadata((url) => ({ issuer: `${url}/` })),
    check: 'issuer',
    found: /Only a slash at the end differs/,
    recordLine: /"issuer": "http:.*\/"/,
  },
  'issuer in another case': {
    on: metadata((url) => ({ issuer: url.replace('http', 'HTTP') })),
    check: 'issuer',
    found: /Upper and lower case differ at character 1/,
  },
  'another issuer': {
    on: metadata(() => ({ issuer: 'https://evil.example' })),
    check: 'issuer',
    found: /evil\.example/,
  },
  'another issuer, with half of a character and one that turns the line round': {
    on: metadata(() => ({ issuer: 'https://evil\ud800.example/\u202e' })),
    check: 'issuer',
    found: /names the issuer https:\/\/evil\ufffd\.example\/ \./,
  },
  'another issuer, that the limit cuts within a character': {
    on: metadata(() => ({ issuer: `https://${'a'.repeat(434)}${'\u{1f600}'.repeat(30)}` })),
    check: 'issuer',
    found: /names the issuer https:\/\/aaa/,
  },
  'another issuer, that the limit cuts within the next character': {
    on: metadata(() => ({ issuer: `https://${'a'.repeat(435)}${'\u{1f600}'.repeat(30)}` })),
    check: 'issuer',
    found: /names the issuer https:\/\/aaa/,
  },
  'metadata without issuer': { on: metadata(() => ({ issuer: undefined })), check: 'issuer', found: /names no issuer/ },
  'metadata as HTML': {
    on: answer('GET /.well-known/openid-configuration', { text: '<!doctype html><p>Hello</p>' }),
    check: 'metadata',
    found: /no JSON object \(text\/html\)/,
    recordLine: /"discovery": "oauth2"/,
  },
  'no metadata': {
    on: answer('GET /.well-known/openid-configuration', { status: 404, text: '' }),
    check: 'metadata',
    found: /status 404/,
  },
  'metadata that fails': {
    on: answer('GET /.well-known/openid-configuration', { status: 503, text: '' }),
    check: 'metadata',
    found: /status 503/,
  },
  'an endpoint of the record that moved': {
    record: (url) => ({ revocation_endpoint: `${url}/old-revoke` }),
    on: answer('POST /old-revoke', { text: '' }),
    check: 'record',
    result: 'unknown',
    found: /The record says .*\/old-revoke, the metadata says .*\/revoke/,
  },
  'an authorization endpoint that is not there': {
    on: answer('GET /authorize', { status: 404, text: '' }),
    check: 'authorization_endpoint',
    found: /no such page/,
  },
  'redirect URI not registered, on a page': {
    on: answer('GET /authorize', { status: 400, text: '<h1>invalid_request</h1> redirect_uri_mismatch' }),
    check: 'redirect_uri',
    found: /status 400 and redirect_uri_mismatch/,
    mend: /Register http:\/\/localhost:3000\/oauth\/callback\/acme/,
  },
  'redirect URI not registered, on an error page after a redirect': {
    on: answer('GET /authorize', { status: 302, headers: { location: '/signin/oauth/error?authError=xyz' }, text: '' }),
    check: 'redirect_uri',
    found: /error page of its own/,
    mend: /Register/,
  },
  'redirect URI not registered, told by the token endpoint': {
    on: answer('POST /token', { status: 400, json: { error: 'redirect_uri_mismatch' } }),
    check: 'redirect_uri',
    found: /token endpoint refuses/,
  },
  'a page that only a person can read': {
    on: answer('GET /authorize', { text: '<form>Sign in</form>' }),
    check: 'redirect_uri',
    result: 'unknown',
    found: /Only a person can see/,
  },
  'a scope that the client may not ask for': {
    on: answer('GET /authorize', {
      status: 302,
      headers: { location: 'http://localhost:3000/oauth/callback/acme?error=invalid_scope' },
      text: '',
    }),
    check: 'authorization_endpoint',
    found: /invalid_scope/,
    mend: /scopes/,
  },
  'no PKCE announced': {
    on: metadata(() => ({ code_challenge_methods_supported: undefined })),
    check: 'pkce',
    result: 'unknown',
    found: /does not say whether the server knows PKCE/,
  },
  'PKCE without S256': {
    on: metadata(() => ({ code_challenge_methods_supported: ['plain'] })),
    check: 'pkce',
    found: /announces plain, and not S256/,
    recordLine: /dangerously_without_pkce/,
  },
  'PKCE switched off although it is announced': {
    record: () => ({ dangerously_without_pkce: true }),
    check: 'pkce',
    found: /the record switches PKCE off/,
  },
  'iss required and not announced': {
    on: metadata(() => ({ authorization_response_iss_parameter_supported: undefined })),
    record: () => ({ iss_policy: 'required' }),
    check: 'iss',
    result: 'unknown',
    found: /does not announce it/,
  },
  'a dead token endpoint': {
    on: metadata(() => ({ token_endpoint: 'http://127.0.0.1:9/token' })),
    check: 'token_endpoint',
    found: /Nothing listens|does not call this address/,
  },
  'a token endpoint that answers HTML': {
    on: answer('POST /token', { text: '<p>Hello</p>' }),
    check: 'token_endpoint',
    found: /token_answer_invalid/,
  },
  'a token endpoint that fails': {
    on: answer('POST /token', { status: 502, text: '' }),
    check: 'token_endpoint',
    found: /status 502/,
  },
  'tokens for a made-up code': {
    on: answer('POST /token', { json: { access_token: 'real-token-of-somebody', token_type: 'bearer' } }),
    check: 'token_endpoint',
    found: /gave tokens for a made-up code/,
  },
  'revocation that refuses the client': {
    on: answer('POST /revoke', { status: 401, json: { error: 'invalid_client' } }),
    check: 'revocation_endpoint',
    found: /invalid_client/,
  },
  'revocation that says that the token is not there': {
    on: answer('POST /revoke', { status: 400, json: { error: 'token_not_found' } }),
    check: 'revocation_endpoint',
    result: 'unknown',
    found: /token_not_found/,
    recordLine: /"gone_codes": \["token_not_found"\]/,
  },
  'revocation that refuses the request, which says nothing of the token': {
    // doorkeeper-gem/doorkeeper#1252: also its answer to a wrong secret
    on: answer('POST /revoke', { status: 403, json: { error: 'unauthorized_client' } }),
    check: 'revocation_endpoint',
    result: 'unknown',
    found: /unauthorized_client/,
    mend: /rights of the client/,
    recordLine: null,
  },
  'introspection that calls everything active': {
    on: answer('POST /introspect', { json: { active: true } }),
    check: 'introspection_endpoint',
    found: /made-up token is active/,
  },
  'userinfo that is not there': {
    on: answer('GET /userinfo', { status: 404, text: '' }),
    check: 'identity',
    found: /status 404/,
  },
  'userinfo that answers everybody': {
    on: answer('GET /userinfo', { json: { sub: 'everybody' } }),
    check: 'identity',
    result: 'unknown',
    found: /did not refuse a made-up token/,
  },
  'keys for other algorithms': {
    on: answer('GET /jwks', { json: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] } }),
    check: 'jwks',
    found: /1 key for ES256; its ID tokens are signed with RS256/,
    recordLine: /"id_token_signing_alg_values_supported": \["ES256"\]/,
  },
  'no keys': { on: answer('GET /jwks', { json: { keys: [] } }), check: 'jwks', found: /0 keys/ },
  'a clock that is off': {
    on: answer('GET /userinfo', {
      status: 401,
      headers: { date: new Date(Date.now() - 600_000).toUTCString() },
      text: '',
    }),
    check: 'clock',
    result: 'passes',
    found: /agree/,
  },
};

describe('the check of a provider tells of each fault', () => {
  test('of none at a server that behaves well', async () => {
    const server = await quirkyServer();
    behaveWell(server);
    const results = await check(recordFor(server.url));
    expect([of(results, 'fails'), of(results, 'unknown')]).toEqual([[], []]);
  });

  test.each(Object.entries(faults))('%s', async (_name, fault) => {
    const server = await quirkyServer();
    behaveWell(server);
    for (const [route, behaviour] of Object.entries(fault.on?.(server) ?? {})) server.on(route, behaviour);
    const results = await check({ ...recordFor(server.url), ...fault.record?.(server.url) });
    const { result = 'fails', found, mend, recordLine } = fault;
    const told = results.filter((one) => one.check === fault.check && found.test(one.found));
    expect(told, JSON.stringify(results, null, 1)).toHaveLength(1);
    expect(told[0]?.result).toBe(result);
    if (mend) expect(told[0]?.mend).toMatch(mend);
    if (recordLine) expect(told[0]?.recordLine).toMatch(recordLine);
    if (recordLine === null) expect(told[0]?.recordLine).toBeNull();
    if (result === 'fails') expect(told[0]?.mend).not.toBeNull();
    if (result !== 'fails') expect(of(results, 'fails')).toEqual([]);
  });

  test('a server whose clock is ten minutes behind', async () => {
    const server = await quirkyServer();
    behaveWell(server);
    const late = { date: new Date(Date.now() - 600_000).toUTCString() };
    server.on('GET /authorize', { status: 303, headers: { location: '/sign-in', ...late }, text: '' });
    for (const route of ['GET /userinfo', 'POST /revoke', 'POST /introspect', 'POST /token', 'GET /jwks'])
      server.on(route, { status: 400, headers: late, json: { error: 'invalid_grant' } });
    server.on('GET /.well-known/openid-configuration', { headers: late, json: metadataOf(server.url) });
    const [clock] = (await check(recordFor(server.url))).filter(({ check }) => check === 'clock');
    expect(clock).toMatchObject({ result: 'fails', found: expect.stringMatching(/(599|600|601) s behind/) });
  });
});
