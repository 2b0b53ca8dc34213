import * as client from 'openid-client';
import { describe, expect, test } from 'vitest';
import { authorizeHeadless } from '#demo/consent';
import { demoInTest } from '#demo/demo-in-test';
import { redirectUri } from '#demo/raw-client';

const demo = demoInTest('demo');

/** The whole flow by a library that checks everything, the ID token's signature included. */
async function signIn() {
  const { record } = demo;
  const configuration = await client.discovery(
    new URL(record.issuer),
    record.client_id,
    record.client_secret,
    client.ClientSecretBasic(record.client_secret),
    { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
  );
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri(record.id),
    scope: 'openid profile email',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const callback = await authorizeHeadless(url, { account: 'admin@example.com' });
  const tokens = await client.authorizationCodeGrant(configuration, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  return { configuration, tokens };
}

test('a strict client signs in, and reads the same person from userinfo', async () => {
  const { configuration, tokens } = await signIn();
  const claims = tokens.claims();
  expect(claims).toMatchObject({ email: 'admin@example.com', email_verified: true, name: 'Demo Administrator' });
  const userinfo = await client.fetchUserInfo(configuration, tokens.access_token, String(claims?.sub));
  expect(userinfo.email).toBe('admin@example.com');
});

describe('a strict client refuses', () => {
  test.each(['wrong_nonce', 'wrong_audience', 'bad_signature', 'alg_none', 'wrong_issuer'] as const)(
    'an ID token with %s',
    async (lie) => {
      demo.server.switches.id_token = lie;
      await expect(signIn()).rejects.toThrow();
      expect(demo.server.counts.code_exchanges).toBe(1);
    },
  );

  test('a wrong iss, and a missing one where it is promised', async () => {
    demo.server.switches.wrong_iss = true;
    await expect(signIn()).rejects.toThrow();
    demo.server.switches.wrong_iss = false;
    demo.server.switches.omit_iss = true;
    await expect(signIn()).rejects.toThrow();
    expect(demo.server.counts.code_exchanges).toBe(0);
  });
});
