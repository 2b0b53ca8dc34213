import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizeHeadless } from '#demo/consent';
import { appUrl, get, redirectUri as redirectUriOf } from '#demo/raw-client';
import { type Demo, startDemo } from '#demo/start';
import { providersFileSchema } from '#lib/config/provider-record';
import { buildAuthorizationUrl, createFlowSecrets } from '#lib/oauth/authorization-request';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { revokeGrant } from '#lib/oauth/revoke-token';
import { missingScopes } from '#lib/oauth/scopes';
import { resolveRecord } from '#lib/providers/resolve-record';

/** The app's own protocol code against every demo server, from the record to the revocation. */
let demo: Demo;
const deps = { fetch, now: () => new Date() };

beforeAll(async () => {
  demo = await startDemo({ appUrl });
});
afterAll(() => demo.close());

async function connectTo(id: string, asked?: readonly string[], choices: { untick?: string[] } = {}) {
  const records = providersFileSchema({ appUrl: new URL(appUrl) }).parse(demo.providers);
  const entry = records.find((record) => record.id === id);
  if (!entry) throw new Error(`no record ${id}`);
  const provider = resolveRecord(entry);
  const pinned = await resolveEndpoints(provider, deps);
  const { state, nonce, verifier, challenge } = createFlowSecrets();
  const scopes = asked ?? provider.scopes;
  const redirectUri = redirectUriOf(id);
  const request = { redirectUri, state, nonce, codeChallenge: challenge, scopes };
  const callback = await authorizeHeadless(buildAuthorizationUrl(provider, pinned, request), choices);
  const checked = checkCallback(provider, pinned, callback, { state });
  const tokens = await exchangeCode(provider, pinned, checked, { verifier, nonce, redirectUri, scopes }, deps);
  const proofs = { refreshToken: tokens.refresh_token !== null, idToken: tokens.id_token_claims !== null };
  const missing = missingScopes(provider, scopes, tokens.scopes, proofs);
  return { provider, pinned, tokens, missing, identity: await fetchIdentity(provider, pinned, tokens, deps) };
}

describe.each(['google', 'github', 'salesforce', 'okta', 'auth0'])('at %s', (id) => {
  test('connects, knows the account, refreshes and revokes', async () => {
    const { provider, pinned, tokens, identity, missing } = await connectTo(id);
    expect(missing).toEqual([]);
    expect(identity.issuer).toBe(pinned.issuer);
    expect(identity.label).toMatch(/^ada/);
    expect(identity.email).toBe('ada@example.com');
    expect(tokens.refresh_token).not.toBeNull();

    const refreshToken = String(tokens.refresh_token);
    const fresh = await refreshGrant(provider, pinned, { refreshToken }, deps);
    const live = await get(`${demo.resourceUrl}/${id}/me`, fresh.access_token);
    expect(live.status).toBe(200);

    const held = { accessToken: fresh.access_token, refreshToken: fresh.refresh_token ?? refreshToken };
    expect(await revokeGrant(provider, pinned, held, deps)).toBe('revoked');
    expect((await get(`${demo.resourceUrl}/${id}/me`, fresh.access_token)).status).toBe(401);
  });
});

test('nothing is missing where GitHub normalised the scopes', async () => {
  const asked = ['user', 'user:email', 'read:user', 'repo', 'repo:status', 'public_repo', 'offline_access'];
  const { missing, tokens } = await connectTo('github', asked);
  expect(tokens.scopes).toEqual(['offline_access', 'repo', 'user']);
  expect(missing).toEqual([]);
});

test('what the person unticked at Google is missing, and nothing else', async () => {
  const calendar = 'https://www.googleapis.com/auth/calendar.readonly';
  expect((await connectTo('google', undefined, { untick: [calendar] })).missing).toEqual([calendar]);
});

test('signs in at the demo server, with an e-mail that is called verified', async () => {
  const { identity } = await connectTo('demo');
  expect(identity).toMatchObject({ email: 'user@example.com', emailVerified: true, name: 'Demo User' });
});
