import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { rightClaims } from '#tests/servers/id-tokens';
import type { Fields } from '#tests/servers/quirky-flow';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

// Key sets and ID tokens as public reports about OAuth clients show them. The page stands behind each row.

const makeKey = async (alg: string) => {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { privateKey, jwk: await exportJWK(publicKey) };
};
const [signer, another, curve] = await Promise.all([makeKey('RS256'), makeKey('RS256'), makeKey('ES256')]);

/** The published key that signs, and others, with these members. */
const mine = (members: Fields = {}): JWK => ({ ...signer.jwk, ...members });
const other = (members: Fields = {}): JWK => ({ ...another.jwk, ...members });

/** The subject that comes of an ID token with this header, at a server with these keys. */
async function subjectOf(keys: readonly JWK[], header: Fields, claims: Fields, fields: Fields) {
  const server = await quirkyServer();
  server.on('GET /jwks', { json: { keys } });
  const payload = { ...rightClaims(server.url), ...claims };
  const id_token = await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', ...header }).sign(signer.privateKey);
  server.on('POST /token', { json: { access_token: 'at', token_type: 'Bearer', id_token } });
  const record = quirkyRecord(server, { scopes: ['openid'], ...fields });
  const tokens = await runExchange(record, pinnedOf(server), depsFor(record));
  return tokens.id_token_claims?.sub;
}

const named = { kid: 'a' };
const plainBase64 = (text = '') => Buffer.from(text, 'base64url').toString('base64');
const withLeadingZero = (text = '') =>
  Buffer.concat([Buffer.from([0]), Buffer.from(text, 'base64url')]).toString('base64');

describe.each<[string, Fields]>([
  ['by openid-client', {}],
  ['by the own check', { dangerously_without_nonce: true }],
])('P-23 an ID token is verified %s with', (_way, fields) => {
  test.each<[string, JWK[], Fields]>([
    ['one key, which nothing names', [mine()], {}], // GluuFederation/oxd#555, joken-elixir/joken_jwks#37
    ['one key that the token does not name', [mine(named)], {}], // zmartzone/lua-resty-openidc#105
    ['a key without its algorithm', [mine({ ...named, use: 'sig' })], named], // python-social-auth/social-core#415
    ['one key that is published twice', [mine(named), mine(named)], named], // panva/openid-client#166
    ['several keys, and no name in the token', [other({ kid: 'b' }), mine(named)], {}], // panva/openid-client#114
    ['several keys of one name', [other(named), mine(named)], named],
    ['several keys without names', [other(), mine()], {}],
    ['two kinds of key of one name', [{ ...curve.jwk, ...named }, mine(named)], named], // inrupt/solid-client-authn-js#1799
    [
      'a key for encryption of the same name', // keycloak/keycloak#15114
      [other({ ...named, use: 'enc' }), mine({ ...named, use: 'sig' })],
      named,
    ],
    ['a broken key beside', [{ kty: 'RSA', kid: 'b' }, mine(named)], named], // panva/openid-client#552
    ['a broken key beside, and no name in the token', [{ kty: 'RSA', kid: 'b' }, mine(named)], {}],
    [
      'a key of a kind that is not known yet',
      [{ kty: 'AKP', kid: 'b', alg: 'ML-DSA-44', pub: 'AA' }, mine(named)],
      named,
    ],
    ['a modulus in plain base64', [mine({ ...named, n: plainBase64(signer.jwk.n) })], named],
    [
      'a modulus with a leading zero and padding', // DuendeArchive/identity-model-oidc-client-js#451
      [mine({ ...named, n: withLeadingZero(signer.jwk.n) })],
      named,
    ],
    ['a certificate beside', [mine({ ...named, x5c: ['MIIB'], x5t: 'AA', key_ops: ['verify'] })], named],
  ])('%s', async (_name, keys, header) => {
    expect(await subjectOf(keys, header, {}, fields)).toBe('subject-1');
  });

  test.each<[string, JWK[], Fields]>([
    ['several keys of which none signed', [other(named), other(named)], named],
    ['several keys of which none signed, and no name', [other(), other()], {}],
    ['a key of another name', [mine({ kid: 'b' })], named], // panva/openid-client#155
    ['no name where the token has one', [mine()], named],
    ['a key for encryption alone', [mine({ ...named, use: 'enc' })], named],
    ['a key for another algorithm', [mine({ ...named, alg: 'RS512' })], named],
    ['no key at all', [], named],
  ])('%s: refused', async (_name, keys, header) => {
    await expect(subjectOf(keys, header, {}, fields)).rejects.toMatchObject({ code: 'id_token_signature' });
  });

  const now = Math.floor(Date.now() / 1000);
  test.each<[string, Fields]>([
    ['times with a fraction', { iat: now + 0.25, exp: now + 300.75 }], // panva/openid-client#263, IdentityPython/pyop#20
    ['an end in milliseconds', { exp: (now + 300) * 1000 }], // opengovsg/mockpass#231
    ['a list of one audience', { aud: ['client-1'] }],
    ['several audiences and this party', { aud: ['client-1', 'api'], azp: 'client-1' }],
    ['a sign-in at 0', { auth_time: 0 }],
    ['a hash that belongs to another token', { at_hash: 'AAAA' }], // optional where a code is exchanged (Core §3.1.3.8)
    ['no e-mail address, said by null', { email: null }],
  ])('%s is taken', async (_name, claims) => {
    expect(await subjectOf([mine(named)], named, claims, fields)).toBe('subject-1');
  });

  test.each<[string, Fields, string]>([
    ['times as text', { iat: String(now), exp: String(now + 300) }, 'id_token_malformed'], // auth0/node-jsonwebtoken#293
    ['a moment of issue in milliseconds', { iat: now * 1000, exp: (now + 300) * 1000 }, 'id_token_expired'],
    ['another audience, for this party', { aud: 'api', azp: 'client-1' }, 'id_token_audience'],
    ['a list with the nonce', { nonce: [rightClaims('').nonce] }, 'id_token_nonce'],
  ])('%s is refused', async (_name, claims, code) => {
    await expect(subjectOf([mine(named)], named, claims, fields)).rejects.toMatchObject({ code });
  });
});
