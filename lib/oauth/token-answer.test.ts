import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOAuthError } from '#lib/oauth/oauth-error';
import { parseScopes } from '#lib/oauth/parse-scopes';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { quirkyServer, type Reply } from '#tests/servers/quirky-server';

/** The token set that a server's answer becomes under a record. */
async function answered(reply: Reply, overrides: Record<string, unknown> = {}) {
  const server = await quirkyServer();
  server.on('POST /token', reply);
  return runExchange(quirkyRecord(server, overrides), pinnedOf(server));
}

describe('a token answer', () => {
  test('by the book becomes a token set', async () => {
    const json = {
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: 'rt',
      scope: 'read write',
    };
    expect(await answered({ json })).toEqual({
      access_token: 'at',
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: 'rt',
      refresh_token_expires_in: null,
      scopes: ['read', 'write'],
      id_token_claims: null,
      extras: {},
    });
  });

  test('with the least there can be says so with nulls', async () => {
    expect(await answered({ json: { access_token: 'at' } })).toMatchObject({
      token_type: 'bearer',
      expires_in: null,
      refresh_token: null,
      scopes: null,
    });
  });

  test('in form encoding is read, with GitHub’s commas', async () => {
    const form = {
      access_token: 'gho_x',
      scope: 'repo,gist',
      token_type: 'bearer',
      expires_in: '28800',
      refresh_token_expires_in: '15897600',
    };
    expect(await answered({ form }, { scope_sep_in: ',' })).toMatchObject({
      access_token: 'gho_x',
      scopes: ['repo', 'gist'],
      expires_in: 28_800,
      refresh_token_expires_in: 15_897_600,
    });
  });

  test('with a form in text/plain is read', async () => {
    const reply = { text: 'access_token=at&expires=5', headers: { 'content-type': 'text/plain' } };
    expect(await answered(reply)).toMatchObject({ access_token: 'at' });
  });

  test('as JSON under a wrong content type is read', async () => {
    expect(await answered({ text: '{"access_token":"at"}' })).toMatchObject({ access_token: 'at' });
  });

  test('holds the token under another path, with its neighbours', async () => {
    const json = {
      ok: true,
      authed_user: { access_token: 'xoxp', scope: 'a,b', token_type: 'user', expires_in: 43_200 },
    };
    const overrides = { token_path: 'authed_user.access_token', scope_sep_in: ',' };
    expect(await answered({ json }, overrides)).toMatchObject({
      access_token: 'xoxp',
      token_type: 'bearer',
      scopes: ['a', 'b'],
      expires_in: 43_200,
    });
  });

  test('keeps the fields that later calls need, and no others', async () => {
    const json = { access_token: 'at', bot_id: 'b1', workspace: { id: 7 }, secret_extra: 'no', list: [1] };
    const { extras } = await answered({ json }, { response_fields: ['bot_id', 'workspace.id', 'list', 'absent'] });
    expect(extras).toEqual({ bot_id: 'b1', 'workspace.id': 7 });
  });

  test.each([
    [1, 1],
    ['3600', 3600],
    [0, 0],
    [59.9, 59],
    [-5, null],
    ['soon', null],
    [null, null],
    [1e300, 10 * 366 * 86_400],
    [{}, null],
  ])('with expires_in %j lives %j seconds', async (expires_in, expected) => {
    expect((await answered({ json: { access_token: 'at', expires_in } })).expires_in).toBe(expected);
  });

  test.each([
    ['a refresh token that is null', { refresh_token: null }],
    ['a refresh token that is empty', { refresh_token: '' }],
  ])('with %s has none', async (_, fields) => {
    expect((await answered({ json: { access_token: 'at', ...fields } })).refresh_token).toBeNull();
  });

  test.each([
    ['no token', { token_type: 'bearer' }],
    ['an empty token', { access_token: '' }],
    ['a token that is a number', { access_token: 5 }],
    ['a token with a line break', { access_token: 'a\r\nx-injected: 1' }],
    ['a refresh token that is an object', { access_token: 'at', refresh_token: {} }],
    ['a token of 100 kB', { access_token: 'x'.repeat(100_000) }],
    ['a token type we cannot use', { access_token: 'at', token_type: 'mac' }],
    ['a DPoP token nobody asked for', { access_token: 'at', token_type: 'DPoP' }],
  ])('with %s is refused', async (_, json) => {
    await expect(answered({ json })).rejects.toMatchObject({
      code: 'token_answer_invalid',
      disposition: 'answer_invalid',
    });
  });

  test.each<[string, Reply]>([
    ['HTML', { text: '<html>Sign in</html>' }],
    ['nothing', { text: '' }],
    ['null', { json: null }],
    ['an array', { json: [] }],
    ['a string', { json: 'at' }],
    ['JSON cut short', { text: '{"access_token":"at"' }],
    ['a 400 in HTML', { status: 400, text: '<html>' }],
    ['a 403 from a firewall', { status: 403, text: 'Forbidden' }],
    ['a 400 in JSON without a code', { status: 400, json: { message: 'no' } }],
  ])('that is %s is refused', async (_, reply) => {
    await expect(answered(reply)).rejects.toMatchObject({ code: 'token_answer_invalid' });
  });
});

describe('instance_url', () => {
  const overrides = {
    response_fields: ['instance_url'],
    url_field_hosts: { instance_url: ['.salesforce.com', 'one.example:8443'] },
  };
  const withUrl = (instance_url: unknown) => answered({ json: { access_token: 'at', instance_url } }, overrides);

  test.each([
    'https://acme.my.salesforce.com',
    'https://ACME.my.salesforce.com/path?q#f',
    'https://acme.my.salesforce.com:443',
    'https://one.example:8443',
  ])('%s is kept', async (url) => {
    expect((await withUrl(url)).extras).toEqual({ instance_url: url });
  });

  test.each([
    'https://salesforce.com.evil.example',
    'https://evilsalesforce.com',
    'https://acme.my.salesforce.com:8080',
    'https://acme.my.salesforce.com@evil.example',
    'https://user@acme.my.salesforce.com',
    'http://acme.my.salesforce.com',
    'https://169.254.169.254',
    'https://one.example',
    'http://127.0.0.1:1',
    '//acme.my.salesforce.com',
    // Read here as Salesforce's, and elsewhere as another's.
    'https://acme.my.salesforce.com\\@evil.example/',
    'https:acme.my.salesforce.com',
    ' https://acme.my.salesforce.com',
    'https://acme%2emy.salesforce.com',
    'javascript:alert(1)',
    '',
    7,
  ])('%j is refused', async (url) => {
    await expect(withUrl(url)).rejects.toMatchObject({ code: 'token_answer_invalid' });
  });
});

describe('scopes', () => {
  test.each([
    ['read write', ' ', ['read', 'write']],
    ['  read   read ', ' ', ['read']],
    ['repo, gist', ',', ['repo', 'gist']],
    ['a+b', '+', ['a', 'b']],
    ['', ' ', []],
    [['a', 'b'], ' ', ['a', 'b']],
    [undefined, ' ', null],
    [null, ' ', null],
    [7, ' ', null],
  ] as const)('%j split at %j are %j', (value, separator, expected) => {
    expect(parseScopes(value, separator)).toEqual(expected);
  });
});

test('no answer, whatever it is, crashes or shows up in the error', async () => {
  const server = await quirkyServer();
  const provider = quirkyRecord(server, { error_in_200: true, response_fields: ['extra'] });
  const canary = 'canary-5f1c';
  const field = fc.constantFrom(
    'access_token',
    'token_type',
    'expires_in',
    'refresh_token',
    'scope',
    'error',
    'id_token',
    'extra',
  );
  const body = fc.oneof(
    fc
      .dictionary(field, fc.oneof(fc.jsonValue(), fc.constant(canary)))
      .map((value) => JSON.stringify({ ...value, x: canary })),
    fc.json().map((text) => text),
    fc.string({ unit: 'binary' }).map((text) => text + canary),
  );
  const status = fc.constantFrom(200, 201, 400, 401, 403);
  const type = fc.constantFrom('application/json', 'text/html', 'application/x-www-form-urlencoded', 'text/plain', 'x');
  const deps = depsFor(provider);
  await fc.assert(
    fc.asyncProperty(body, status, type, async (text, code, contentType) => {
      server.on('POST /token', { status: code, text, headers: { 'content-type': contentType } });
      try {
        const tokens = await runExchange(provider, pinnedOf(server), deps);
        expect(tokens.access_token).toMatch(/^[\x21-\x7e]+$/);
      } catch (error) {
        expect(isOAuthError(error)).toBe(true);
        const shown = isOAuthError(error) && error.providerError === canary ? '' : inspect(error, { depth: 20 });
        expect(shown).not.toContain(canary);
      }
    }),
    { numRuns: 300 },
  );
});
