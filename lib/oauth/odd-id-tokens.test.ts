import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, test } from 'vitest';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { idTokenSigner } from '#tests/servers/id-tokens';
import {
  depsFor,
  nonce,
  pinnedOf,
  quirkyRecord,
  redirectUri,
  runExchange,
  verifier,
} from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';

type Fields = Record<string, unknown>;
const scopes = ['openid', 'email'];

/** A server that answers an ID token with these claims; null: none comes. */
async function server(claims: Fields | null, header: { alg?: string; kid?: string } = {}) {
  const quirky = await quirkyServer();
  const signer = await idTokenSigner(quirky);
  const issue = async (token: Fields | null, how = header) => {
    const id_token = token && (await signer.sign(token, how));
    quirky.on('POST /token', { json: { access_token: 'at-1', ...(id_token ? { id_token } : {}) } });
  };
  await issue(claims);
  return { quirky, signer, issue };
}

async function exchanged(quirky: QuirkyServer, fields: Fields) {
  const record = quirkyRecord(quirky, { scopes, ...fields });
  const tokens = await runExchange(record, pinnedOf(quirky), depsFor(record));
  return { record, tokens };
}

describe('P-23 an ID token without nonce, or none', () => {
  const lacks = { dangerously_without_nonce: true };
  const none = { dangerously_without_id_token: true };
  test.each<[string, Fields | null, Fields, string]>([
    ['no nonce, strictly', { nonce: undefined }, {}, 'id_token_nonce'],
    ['no ID token, strictly', null, {}, 'id_token_missing'],
    ['no nonce where only the token may be absent', { nonce: undefined }, none, 'id_token_nonce'],
    ['no ID token where only the nonce may be absent', null, lacks, 'id_token_missing'],
    ['another flow’s nonce', { nonce: 'of-another-flow' }, { ...lacks, ...none }, 'id_token_nonce'],
    ['an empty nonce', { nonce: '' }, lacks, 'id_token_nonce'],
    ['another audience', { nonce: undefined, aud: 'other' }, lacks, 'id_token_audience'],
    ['another party', { nonce: undefined, azp: 'other' }, lacks, 'id_token_audience'],
    ['several audiences and no party', { aud: ['client-1', 'other'] }, lacks, 'id_token_audience'],
    ['another issuer', { nonce: undefined, iss: 'https://evil.example' }, lacks, 'id_token_issuer'],
    ['one that ended', { nonce: undefined, exp: 1_000_000_000 }, lacks, 'id_token_expired'],
    ['one from tomorrow', { nonce: undefined, iat: Math.floor(Date.now() / 1000) + 90_000 }, lacks, 'id_token_expired'],
    ['no end', { nonce: undefined, exp: undefined }, lacks, 'id_token_expired'],
    ['no subject', { sub: undefined }, lacks, 'id_token_malformed'],
  ])('%s is refused', async (_, claims, fields, code) => {
    const { quirky } = await server(claims);
    await expect(exchanged(quirky, fields)).rejects.toMatchObject({ code });
  });

  test.each([
    [{ alg: 'none' }, 'id_token_alg'],
    [{ alg: 'HS256' }, 'id_token_alg'],
    [{ kid: 'unknown' }, 'id_token_signature'],
  ])('with the header %j it is refused, however much may be absent', async (header, code) => {
    const { quirky } = await server({ nonce: undefined }, header);
    await expect(exchanged(quirky, { ...lacks, ...none })).rejects.toMatchObject({ code });
  });

  test('one that is signed with the client’s secret is not looked at where openid is not asked for', async () => {
    const { quirky } = await server({}, { alg: 'HS256' });
    quirky.on('GET /userinfo', { json: { sub: 'of-userinfo' } });
    const { record, tokens } = await exchanged(quirky, { scopes: ['profile'], identity: { source: 'userinfo' } });
    expect(tokens.id_token_claims).toBeNull();
    expect((await fetchIdentity(record, pinnedOf(quirky), tokens, depsFor(record))).subject).toBe('of-userinfo');
  });

  test('is taken where the record says so dangerously, and the identity stays proved', async () => {
    const { quirky, issue } = await server({ nonce: undefined });
    expect((await exchanged(quirky, lacks)).tokens.id_token_claims).toMatchObject({ sub: 'subject-1' });
    await issue({});
    expect((await exchanged(quirky, { ...lacks, ...none })).tokens.id_token_claims).toMatchObject({ nonce });
    await issue(null);
    quirky.on('GET /userinfo', { json: { sub: 'subject-2', email: 'eve@example.com' } });
    const { record, tokens } = await exchanged(quirky, { ...none, identity: { source: 'userinfo' } });
    expect(tokens.id_token_claims).toBeNull();
    const identity = await fetchIdentity(record, pinnedOf(quirky), tokens, depsFor(record));
    expect(identity).toMatchObject({ subject: 'subject-2', label: 'eve@example.com' });
  });
});

describe('P-24 a server for many tenants', () => {
  const one = '11111111-aaaa-4bbb-8ccc-000000000001';
  const two = '22222222-aaaa-4bbb-8ccc-000000000002';
  const ofTenant = (quirky: QuirkyServer, tenant: string) => `${quirky.url}/${tenant}/v2.0`;

  async function tenants(rule: Fields = {}, claims: Fields = {}) {
    const { quirky, issue, signer } = await server(null);
    const template = `${quirky.url}/{tenantid}/v2.0`;
    await issue({ iss: ofTenant(quirky, one), tid: one, email_verified: true, ...claims });
    quirky.on('GET /common/v2.0/.well-known/openid-configuration', {
      json: {
        issuer: template,
        authorization_endpoint: `${quirky.url}/authorize`,
        token_endpoint: `${quirky.url}/token`,
        jwks_uri: `${quirky.url}/jwks`,
      },
    });
    const record = quirkyRecord(quirky, {
      scopes,
      issuer: `${quirky.url}/common/v2.0`,
      discovery: 'oidc',
      tenant_issuer: { template, ...rule },
      ...{ authorization_endpoint: undefined, token_endpoint: undefined, jwks_uri: undefined },
      ...{ userinfo_endpoint: undefined, revocation_endpoint: undefined, introspection_endpoint: undefined },
    });
    const run = async (back = '') => {
      const pinned = await resolveEndpoints(record, depsFor(record));
      const url = new URL(`${redirectUri}?code=c&state=s${back}`);
      const checked = checkCallback(record, pinned, url, { state: 's' });
      const input = { verifier, nonce, redirectUri, scopes };
      const tokens = await exchangeCode(record, pinned, checked, input, depsFor(record));
      return fetchIdentity(record, pinned, tokens, depsFor(record));
    };
    return { quirky, issue, signer, record, run };
  }

  test('the identity is the subject of the tenant', async () => {
    const { quirky, issue, run } = await tenants();
    expect(await run()).toMatchObject({ issuer: ofTenant(quirky, one), subject: 'subject-1' });
    await issue({ iss: ofTenant(quirky, two), tid: two });
    expect(await run()).toMatchObject({ issuer: ofTenant(quirky, two) });
  });

  test('addresses count as verified only for tenants that the operator listed', async () => {
    expect(await (await tenants()).run()).toMatchObject({ email: 'ada@example.com', emailVerified: false });
    expect(await (await tenants({ tenants: [one] })).run()).toMatchObject({ emailVerified: true });
  });

  test.each<[string, (quirky: QuirkyServer) => Fields, string]>([
    ['a tenant that is not listed', (q) => ({ iss: ofTenant(q, two), tid: two }), 'id_token_issuer'],
    ['the issuer of another tenant', (q) => ({ iss: ofTenant(q, two), tid: one }), 'id_token_issuer'],
    ['no tenant', () => ({ tid: undefined }), 'id_token_issuer'],
    ['a tenant that is no text', () => ({ tid: 7 }), 'id_token_issuer'],
    ['a tenant that is a path', (q) => ({ iss: `${q.url}/a/../${one}/v2.0`, tid: `a/../${one}` }), 'id_token_issuer'],
    ['the template itself', (q) => ({ iss: `${q.url}/{tenantid}/v2.0`, tid: '{tenantid}' }), 'id_token_issuer'],
    ['another server', () => ({ iss: `https://evil.example/${one}/v2.0` }), 'id_token_issuer'],
    ['another nonce', () => ({ nonce: 'other' }), 'id_token_nonce'],
    ['no nonce', () => ({ nonce: undefined }), 'id_token_nonce'],
    ['another client', () => ({ aud: 'client-2' }), 'id_token_audience'],
  ])('%s is refused', async (_, claims, code) => {
    const { quirky, issue, run } = await tenants({ tenants: [one] });
    await issue({ iss: ofTenant(quirky, one), tid: one, ...claims(quirky) });
    await expect(run()).rejects.toMatchObject({ code });
  });

  test('a key of one tenant signs for no other under the name of another key', async () => {
    const { quirky, signer, run } = await tenants();
    const [key] = signer.jwks.keys;
    const { publicKey } = await generateKeyPair('ES256');
    const namesake = { ...(await exportJWK(publicKey)), kid: key?.kid };
    const restricted = { ...key, issuer: ofTenant(quirky, two) };
    quirky.on('GET /jwks', { json: { keys: [namesake, restricted] } });
    await expect(run()).rejects.toMatchObject({ code: 'id_token_issuer' });
  });

  test('a key that is published for one tenant signs for no other', async () => {
    const { quirky, signer, run } = await tenants();
    const [key] = signer.jwks.keys;
    quirky.on('GET /jwks', { json: { keys: [{ ...key, issuer: ofTenant(quirky, two) }] } });
    await expect(run()).rejects.toMatchObject({ code: 'id_token_issuer' });
    quirky.on('GET /jwks', { json: { keys: [{ ...key, issuer: `${quirky.url}/{tenantid}/v2.0` }] } });
    expect(await run()).toMatchObject({ issuer: ofTenant(quirky, one) });
  });

  test('iss on the redirect is that of the tenant', async () => {
    const { quirky, run } = await tenants();
    const iss = (text: string) => `&iss=${encodeURIComponent(text)}`;
    expect(await run(iss(ofTenant(quirky, one)))).toMatchObject({ subject: 'subject-1' });
    for (const other of [ofTenant(quirky, two), `https://evil.example/${one}/v2.0`, `${quirky.url}/a/b/v2.0`])
      await expect(run(iss(other))).rejects.toMatchObject({ code: 'iss_mismatch' });
  });

  test('metadata that names one tenant is not that of the server', async () => {
    const { quirky, run } = await tenants();
    quirky.on('GET /common/v2.0/.well-known/openid-configuration', { json: { issuer: ofTenant(quirky, one) } });
    await expect(run()).rejects.toMatchObject({ code: 'discovery_issuer' });
  });
});
