import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { buildAuthorizationUrl, createFlowSecrets } from '#lib/oauth/authorization-request';
import type { PinnedEndpoints } from '#lib/oauth/types';
import { resolveRecord } from '#lib/providers/resolve-record';

const pinned: PinnedEndpoints = {
  issuer: 'https://as.example',
  authorization_endpoint: 'https://as.example/authorize?tenant=1',
  token_endpoint: 'https://as.example/token',
  authorization_response_iss_parameter_supported: false,
};
const secrets = createFlowSecrets();
const base = { id: 'p', name: 'P', issuer: 'https://as.example', client_id: 'client-1', client_secret: 'hidden' };

function parametersOf(overrides: object = {}, request: object = {}): Record<string, string> {
  const url = buildAuthorizationUrl(resolveRecord({ ...base, ...overrides }), pinned, {
    redirectUri: 'https://hub.example/oauth/callback',
    state: secrets.state,
    nonce: secrets.nonce,
    codeChallenge: secrets.challenge,
    scopes: ['read', 'write'],
    ...request,
  });
  expect(url.href.startsWith('https://as.example/authorize?tenant=1&')).toBe(true);
  return Object.fromEntries(url.searchParams);
}

describe('the secrets of a flow', () => {
  test('are all different over a thousand flows and 256 bits long', () => {
    const all = Array.from({ length: 1000 }, createFlowSecrets).flatMap(({ state, nonce, verifier }) => [
      state,
      nonce,
      verifier,
    ]);
    expect(new Set(all).size).toBe(3000);
    expect(all.every((secret) => /^[A-Za-z0-9_-]{43}$/.test(secret))).toBe(true);
  });

  test('have the challenge that RFC 7636 makes of the verifier', () => {
    expect(secrets.challenge).toBe(createHash('sha256').update(secrets.verifier).digest('base64url'));
  });
});

describe('the authorization URL', () => {
  test('says all that RFC 6749, 7636 and 9700 want, and no more', () => {
    expect(parametersOf()).toEqual({
      tenant: '1',
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: 'https://hub.example/oauth/callback',
      scope: 'read write',
      state: secrets.state,
      code_challenge: secrets.challenge,
      code_challenge_method: 'S256',
    });
  });

  test('carries a nonce exactly with the openid scope', () => {
    expect(parametersOf({}, { scopes: ['openid', 'read'] }).nonce).toBe(secrets.nonce);
    expect(parametersOf({}, { scopes: ['openid2'] }).nonce).toBeUndefined();
  });

  test.each([' ', ',', '+'])('joins scopes with %j where the record says so', (scope_sep_out) => {
    expect(parametersOf({ scope_sep_out }).scope).toBe(`read${scope_sep_out}write`);
  });

  test('has no scope where none is asked for', () => {
    expect(parametersOf({}, { scopes: [] })).not.toHaveProperty('scope');
  });

  test('leaves PKCE out only where the record says so dangerously; state stays', () => {
    expect(parametersOf({})).toMatchObject({ code_challenge: secrets.challenge, code_challenge_method: 'S256' });
    const parameters = parametersOf({ dangerously_without_pkce: true });
    expect(parameters).not.toHaveProperty('code_challenge');
    expect(parameters.state).toBe(secrets.state);
  });

  test('carries extra parameters, which cannot replace those of the protocol', () => {
    const authorization_params = {
      access_type: 'offline',
      prompt: 'consent',
      state: 'fixed',
      redirect_uri: 'https://evil.example',
    };
    expect(parametersOf({ authorization_params })).toMatchObject({
      access_type: 'offline',
      prompt: 'consent',
      state: secrets.state,
      redirect_uri: 'https://hub.example/oauth/callback',
    });
  });

  test('never carries verifier or client secret', () => {
    const text = JSON.stringify(parametersOf());
    expect(text).not.toContain(secrets.verifier);
    expect(text).not.toContain('hidden');
  });

  test.each([{ state: '' }, { codeChallenge: '' }])('is refused without %j', (missing) => {
    expect(() => parametersOf({}, missing)).toThrow(expect.objectContaining({ code: 'pkce_required' }));
  });
});
