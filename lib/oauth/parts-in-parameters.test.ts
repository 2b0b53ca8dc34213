import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { buildAuthorizationUrl } from '#lib/oauth/authorization-request';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { introspectToken } from '#lib/oauth/introspect-token';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { revokeGrant } from '#lib/oauth/revoke-token';
import {
  depsFor,
  nonce,
  pinnedOf,
  quirkyRecord,
  redirectUri,
  runExchange,
  verifier,
} from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

const site = { name: 'site', label: 'Site', pattern: '^[a-z]+$', example: 'acme' };

describe('P-27 account parts in parameters', () => {
  const fields = {
    account_params: [site],
    authorization_params: { audience: 'https://{site}.example/{client_id}', claims: '{"id_token":{"x":null}}' },
    token_params: { resource: 'urn:{site}' },
    refresh_params: { resource: 'urn:{site}:again' },
  };
  test('are filled when asking, exchanging and refreshing; other braces stay', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at', refresh_token: 'rt' } });
    const record = quirkyRecord(server, fields);
    const pinned = pinnedOf(server);
    const accountParams = { site: 'acme' };
    const request = { redirectUri, state: 's', nonce, codeChallenge: 'c', scopes: [], accountParams };
    const asked = buildAuthorizationUrl(record, pinned, request).searchParams;
    expect(asked.get('audience')).toBe('https://acme.example/client-1');
    expect(asked.get('claims')).toBe('{"id_token":{"x":null}}');
    const checked = checkCallback(record, pinned, new URL(`${redirectUri}?code=c&state=s`), { state: 's' });
    const input = { verifier, nonce, redirectUri, scopes: [], accountParams };
    await exchangeCode(record, pinned, checked, input, depsFor(record));
    await refreshGrant(record, pinned, { refreshToken: 'rt', accountParams }, depsFor(record));
    expect(server.requestsTo('POST /token').map(({ form }) => form.get('resource'))).toEqual([
      'urn:acme',
      'urn:acme:again',
    ]);
  });
  test('may be a whole server, where the record says so', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at' } });
    const base = { ...site, pattern: '^.+$', base: true };
    const lines = {
      account_params: [base],
      token_params: { aud: 'https://{site}' },
      refresh_params: { aud: '{site}' },
    };
    const record = quirkyRecord(server, lines);
    const refresh = (value: string) =>
      refreshGrant(record, pinnedOf(server), { refreshToken: 'rt', accountParams: { site: value } }, depsFor(record));
    await refresh('jira.example:8443/jira');
    expect(server.requestsTo('POST /token')[0]?.form.get('aud')).toBe('jira.example:8443/jira');
    await expect(refresh('jira.example/../x')).rejects.toMatchObject({ code: 'account_param_invalid' });
    expect(server.seen).toHaveLength(1);
  });
  test('a value with other characters is refused before anything is sent', async () => {
    const server = await quirkyServer();
    const record = quirkyRecord(server, fields);
    const request = { refreshToken: 'rt', accountParams: { site: 'a&b' } };
    await expect(refreshGrant(record, pinnedOf(server), request, depsFor(record))).rejects.toMatchObject({
      code: 'account_param_invalid',
    });
    expect(server.seen).toEqual([]);
  });
  test.each([
    ['authorization_params', { authorization_params: { audience: '{site}' } }],
    ['token_params', { token_params: { a: 'x{tenant}' } }],
    ['refresh_params', { refresh_params: { a: 'x{tenant}' } }],
    ['identity', { identity: { headers: { 'x-site': '{site}' } } }],
    ['lookups', { lookups: [{ endpoint: 'https://api.example/{site}', fields: { a: 'b' } }] }],
  ])('a part in %s that nothing fills is a fault at the start', async (field, overrides) => {
    const server = await quirkyServer();
    expect(() => quirkyRecord(server, overrides)).toThrow(new RegExp(`${field}[\\s\\S]*is not among account_params`));
  });
});

describe('P-07 an identity anywhere in the token answer', () => {
  test.each([
    ['authed_user.id', { authed_user: { id: 'U1' } }, 'U1'],
    ['owner.user.id', { owner: { user: { id: 'n-1' } } }, 'n-1'],
    ['athlete.id', { athlete: { id: 227_615 } }, '227615'],
    ['team.0.id', { team: [{ id: 'T1' }] }, 'T1'],
  ])('%s', async (subject, answer, found) => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at', ...answer } });
    const record = quirkyRecord(server, { identity: { source: 'token_answer', subject, label: [subject] } });
    const tokens = await runExchange(record, pinnedOf(server));
    expect(await fetchIdentity(record, pinnedOf(server), tokens, depsFor(record))).toMatchObject({ subject: found });
    expect(tokens.extras).toEqual({});
  });
  test('other records do not carry the answer about', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at' } });
    expect(await runExchange(quirkyRecord(server), pinnedOf(server))).not.toHaveProperty('answer');
  });
});

describe('P-02 the audience of a client assertion', () => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  test.each(['issuer', 'token_endpoint', undefined] as const)('%s, at every endpoint', async (audience) => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { access_token: 'at', refresh_token: 'rt' } });
    server.on('POST /revoke', { json: {} });
    server.on('POST /introspect', { json: { active: true } });
    const record = quirkyRecord(server, {
      client_secret: undefined,
      token_endpoint_auth_method: 'private_key_jwt',
      client_private_key: privateKey,
      client_key_alg: 'ES256',
      ...(audience ? { client_assertion_audience: audience } : {}),
    });
    const pinned = pinnedOf(server);
    const deps = depsFor(record);
    await runExchange(record, pinned, deps);
    await refreshGrant(record, pinned, { refreshToken: 'rt' }, deps);
    await revokeGrant(record, pinned, { accessToken: 'at', refreshToken: 'rt' }, deps);
    await introspectToken(record, pinned, { token: 'at' }, deps);
    const wanted = audience === 'token_endpoint' ? pinned.token_endpoint : pinned.issuer;
    const ids = new Set<unknown>();
    for (const { form } of server.seen) {
      const { payload } = await jwtVerify(form.get('client_assertion') ?? '', createPublicKey(privateKey));
      expect(payload).toMatchObject({ aud: wanted, iss: 'client-1', sub: 'client-1' });
      ids.add(payload.jti);
    }
    expect(ids.size).toBe(4);
  });
});
