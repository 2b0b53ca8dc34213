import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import type { CheckedCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { idTokenSigner, rightClaims } from '#tests/servers/id-tokens';
import {
  clientSecret,
  depsFor,
  nonce,
  pinnedOf,
  quirkyRecord,
  redirectUri,
  runExchange,
  verifier,
} from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

const tokens = { access_token: 'at-1', token_type: 'Bearer' };

describe('the request', () => {
  test('carries code, verifier and redirect URI to the pinned endpoint', async () => {
    const server = await quirkyServer();
    server.on('POST /pinned', { json: tokens });
    const provider = quirkyRecord(server);
    await runExchange(provider, pinnedOf(server, { token_endpoint: `${server.url}/pinned` }));
    const [request] = server.requestsTo('POST /pinned');
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: 'code-1',
      code_verifier: verifier,
      redirect_uri: redirectUri,
    });
    expect(server.seen).toHaveLength(1);
  });

  test('authenticates by Basic with form-encoded parts, and by nothing else', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await runExchange(quirkyRecord(server), pinnedOf(server));
    const [, credentials] = String(server.seen[0]?.headers.authorization).split(' ');
    expect(Buffer.from(credentials ?? '', 'base64').toString()).toBe('client-1:quirky+client%2Bsecret%2Fwith%25marks');
    expect(server.seen[0]?.form.has('client_secret')).toBe(false);
  });

  test('authenticates by raw Basic where the record says so', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await runExchange(quirkyRecord(server, { basic_encoding: 'raw' }), pinnedOf(server));
    const [, credentials] = String(server.seen[0]?.headers.authorization).split(' ');
    expect(Buffer.from(credentials ?? '', 'base64').toString()).toBe(`client-1:${clientSecret}`);
  });

  test('authenticates in the body with client_secret_post, without a header', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await runExchange(quirkyRecord(server, { token_endpoint_auth_method: 'client_secret_post' }), pinnedOf(server));
    expect(server.seen[0]?.form.get('client_secret')).toBe(clientSecret);
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });

  test('names a public client without a secret', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    const record = quirkyRecord(server, { token_endpoint_auth_method: 'none', client_secret: undefined });
    await runExchange(record, pinnedOf(server));
    expect(server.seen[0]?.form.get('client_id')).toBe('client-1');
    expect(server.seen[0]?.form.has('client_secret')).toBe(false);
  });

  test('signs an assertion with private_key_jwt, good for a minute and for the issuer', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const { exportPKCS8 } = await import('jose');
    const record = quirkyRecord(server, {
      token_endpoint_auth_method: 'private_key_jwt',
      client_secret: undefined,
      client_private_key: await exportPKCS8(privateKey),
      client_key_alg: 'ES256',
      client_key_id: 'own-1',
    });
    await runExchange(record, pinnedOf(server));
    await runExchange(record, pinnedOf(server));
    const assertions = server.seen.map(({ form }) => String(form.get('client_assertion')).split('.'));
    const [header, payload] = (assertions[0] ?? []).map((part, index) =>
      index < 2 ? JSON.parse(Buffer.from(part, 'base64url').toString()) : part,
    );
    expect(header).toMatchObject({ alg: 'ES256', kid: 'own-1' });
    expect(payload).toMatchObject({ iss: 'client-1', sub: 'client-1', aud: server.url });
    expect(payload.exp - payload.iat).toBeLessThanOrEqual(60);
    expect(assertions[0]?.[1]).not.toBe(assertions[1]?.[1]);
  });

  test('is JSON where the record says so', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await runExchange(quirkyRecord(server, { token_request_format: 'json' }), pinnedOf(server));
    expect(server.seen[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({ grant_type: 'authorization_code', code: 'code-1' });
  });

  test('carries the extra parameters of the record', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await runExchange(quirkyRecord(server, { token_params: { audience: 'https://api.example' } }), pinnedOf(server));
    expect(server.seen[0]?.form.get('audience')).toBe('https://api.example');
  });

  test('asks for JSON unless the record says not to', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await runExchange(quirkyRecord(server), pinnedOf(server));
    await runExchange(quirkyRecord(server, { accept_json: false }), pinnedOf(server));
    expect(server.seen.map(({ headers }) => headers.accept)).toEqual(['application/json', '*/*']);
  });

  test('has no verifier only where the record goes without PKCE', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await runExchange(quirkyRecord(server, { dangerously_without_pkce: true }), pinnedOf(server));
    expect(server.seen[0]?.form.has('code_verifier')).toBe(false);
  });

  test('needs a callback that was checked: a look-alike is refused before any request', async () => {
    const server = await quirkyServer();
    const provider = quirkyRecord(server);
    const lookAlike: CheckedCallback = { code: 'code-1', state: 'state-1', iss: null, extras: {}, scopes: null };
    const input = { verifier, nonce, redirectUri, scopes: [] };
    await expect(exchangeCode(provider, pinnedOf(server), lookAlike, input, depsFor(provider))).rejects.toThrow(
      TypeError,
    );
    expect(server.seen).toHaveLength(0);
  });
});

describe('the ID token', () => {
  const openid = { scopes: ['openid', 'email'] };

  test('that is right gives its claims', async () => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    server.on('POST /token', async () => ({ json: { ...tokens, id_token: await signer.sign() } }));
    const { id_token_claims } = await runExchange(quirkyRecord(server, openid), pinnedOf(server));
    expect(id_token_claims).toMatchObject({ sub: 'subject-1', email: 'ada@example.com' });
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const attacks: [string, Record<string, unknown>, string][] = [
    ['a wrong nonce', { nonce: 'of-another-flow' }, 'id_token_nonce'],
    ['no nonce', { nonce: undefined }, 'id_token_nonce'],
    ['another audience', { aud: 'client-2' }, 'id_token_audience'],
    ['no audience', { aud: undefined }, 'id_token_audience'],
    ['a second audience without azp', { aud: ['client-1', 'client-2'] }, 'id_token_audience'],
    ['a foreign azp', { aud: ['client-1', 'client-2'], azp: 'client-2' }, 'id_token_audience'],
    ['another issuer', { iss: 'https://evil.example' }, 'id_token_issuer'],
    ['no issuer', { iss: undefined }, 'id_token_issuer'],
    ['an end long past', { exp: seconds() - 90 }, 'id_token_expired'],
    ['no end', { exp: undefined }, 'id_token_expired'],
    ['a beginning in the future', { nbf: seconds() + 600 }, 'id_token_expired'],
    ['an issue time a day ahead', { iat: seconds() + 86_400, exp: seconds() + 90_000 }, 'id_token_expired'],
    ['no subject', { sub: undefined }, 'id_token_malformed'],
    ['a subject that is a number', { sub: 7 }, 'id_token_malformed'],
  ];
  test.each(attacks)('with %s is refused', async (_, claims, code) => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    server.on('POST /token', async () => ({ json: { ...tokens, id_token: await signer.sign(claims) } }));
    await expect(runExchange(quirkyRecord(server, openid), pinnedOf(server))).rejects.toMatchObject({
      code,
      disposition: 'answer_invalid',
    });
  });

  test('that ended half a minute ago is within the clocks’ difference', async () => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    server.on('POST /token', async () => ({
      json: { ...tokens, id_token: await signer.sign({ exp: seconds() - 30 }) },
    }));
    await expect(runExchange(quirkyRecord(server, openid), pinnedOf(server))).resolves.toBeDefined();
  });

  test('is judged by the clock it is given', async () => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    server.on('POST /token', async () => ({ json: { ...tokens, id_token: await signer.sign() } }));
    const provider = quirkyRecord(server, openid);
    const later = { ...depsFor(provider), now: () => new Date(Date.now() + 400_000) };
    await expect(runExchange(provider, pinnedOf(server), later)).rejects.toMatchObject({ code: 'id_token_expired' });
  });

  test.each([
    ['none', undefined, 'id_token_alg'],
    ['none', ['none', 'RS256'], 'id_token_alg'],
    ['none', ['none'], 'id_token_alg'],
    ['HS256', ['HS256', 'RS256'], 'id_token_alg'],
    ['HS256', undefined, 'id_token_alg'],
  ])('with alg %s is refused where the server advertises %j', async (alg, advertised, code) => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    server.on('POST /token', async () => ({ json: { ...tokens, id_token: await signer.sign({}, { alg }) } }));
    const algorithms = advertised ? { id_token_signing_alg_values_supported: advertised } : {};
    const pinned = pinnedOf(server, algorithms);
    await expect(runExchange(quirkyRecord(server, openid), pinned)).rejects.toMatchObject({ code });
  });

  test('signed with another key is refused, whether its kid is known or not', async () => {
    const server = await quirkyServer();
    await idTokenSigner(server);
    const { privateKey } = await generateKeyPair('RS256');
    for (const kid of ['key-1', 'key-2']) {
      const forged = await new SignJWT(rightClaims(server.url))
        .setProtectedHeader({ alg: 'RS256', kid })
        .sign(privateKey);
      server.on('POST /token', { json: { ...tokens, id_token: forged } });
      await expect(runExchange(quirkyRecord(server, openid), pinnedOf(server))).rejects.toMatchObject({
        code: 'id_token_signature',
      });
    }
  });

  test('signed with a key that the server published since is taken, and no more with the one before', async () => {
    const server = await quirkyServer();
    const [before, since] = [await idTokenSigner(server), await idTokenSigner(server)];
    const exchangeOf = async (signer: typeof before) => {
      server.on('POST /token', { json: { ...tokens, id_token: await signer.sign() } });
      return runExchange(quirkyRecord(server, openid), pinnedOf(server));
    };
    server.on('GET /jwks', { json: before.jwks });
    await exchangeOf(before);
    server.on('GET /jwks', { json: since.jwks });
    expect((await exchangeOf(since)).id_token_claims).toMatchObject({ sub: 'subject-1' });
    await expect(exchangeOf(before)).rejects.toMatchObject({ code: 'id_token_signature' });
  });

  test('with claims changed after signing is refused', async () => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    const [header, , signature] = (await signer.sign()).split('.');
    const claims = Buffer.from(JSON.stringify({ ...rightClaims(server.url), sub: 'admin' })).toString('base64url');
    server.on('POST /token', { json: { ...tokens, id_token: `${header}.${claims}.${signature}` } });
    await expect(runExchange(quirkyRecord(server, openid), pinnedOf(server))).rejects.toMatchObject({
      code: 'id_token_signature',
    });
  });

  test.each(['not-a-jwt', 'a.b.c', '..', 'e30.e30.', `${'a'.repeat(30)}.b.c.d.e`])(
    'that is %s is refused',
    async (text) => {
      const server = await quirkyServer();
      await idTokenSigner(server);
      server.on('POST /token', { json: { ...tokens, id_token: text } });
      await expect(runExchange(quirkyRecord(server, openid), pinnedOf(server))).rejects.toMatchObject({
        name: 'OAuthError',
        disposition: 'answer_invalid',
      });
    },
  );

  test('that is missing though openid was asked for is refused', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: tokens });
    await expect(runExchange(quirkyRecord(server, openid), pinnedOf(server))).rejects.toMatchObject({
      code: 'id_token_missing',
    });
  });

  test('that nobody asked for is ignored, however wrong', async () => {
    const server = await quirkyServer();
    server.on('POST /token', { json: { ...tokens, id_token: 'whatever' } });
    const { id_token_claims } = await runExchange(quirkyRecord(server), pinnedOf(server));
    expect(id_token_claims).toBeNull();
  });

  test('cannot be checked while the keys are out of reach: transient', async () => {
    const server = await quirkyServer();
    const signer = await idTokenSigner(server);
    server.on('POST /token', async () => ({ json: { ...tokens, id_token: await signer.sign() } }));
    for (const reply of [{ status: 503, text: 'down' }, { status: 404, text: 'none' }, { text: '<html>' }]) {
      server.on('GET /jwks', reply);
      await expect(runExchange(quirkyRecord(server, openid), pinnedOf(server))).rejects.toMatchObject({
        code: 'provider_unavailable',
        disposition: 'transient',
      });
    }
  });
});
