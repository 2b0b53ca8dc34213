import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { accessTokenPlace, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { connections } from '#lib/db/schema/connections';
import { revokeConnection } from '#lib/revocation/revoke';
import { demoHub } from '#tests/demo-hub';
import { entries, rowOf } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google', 'github', 'salesforce', 'okta', 'auth0']);
const providers = ['google', 'github', 'salesforce', 'okta', 'auth0'] as const;

async function signedIn(account?: string): Promise<Visitor & { personId: string }> {
  const visitor = new Visitor(hub.runtime);
  const personId = await visitor.signIn(account);
  return Object.assign(visitor, { personId });
}

const ownRows = (personId: string) =>
  hub.database.db.select().from(connections).where(eq(connections.personId, personId));

test.each(providers)(
  '%s: connecting stores the account with sealed tokens, and says so in the ledger',
  async (provider) => {
    const ada = await signedIn(`connects-${provider}@example.com`);
    const back = await ada.connect(provider);
    expect(Object.fromEntries(back.searchParams)).toEqual({
      flow: 'connected',
      provider,
      connection: expect.stringMatching(/^con_/),
    });
    expect(back.pathname).toBe('/connections');

    const id = back.searchParams.get('connection') ?? '';
    const row = await rowOf(hub.runtime, id);
    expect(row).toMatchObject({ personId: ada.personId, provider, status: 'connected', generation: 1 });
    expect(row.label).toBeTruthy();
    const token = hub.runtime.vault.open(row.accessToken ?? '', accessTokenPlace(row));
    expect(row.accessToken).not.toContain(token);
    expect(hub.runtime.vault.open(row.refreshToken ?? '', refreshTokenPlace(row))).toBeTruthy();
    expect(row.accessTokenExpiresAt?.getTime()).toBeGreaterThan(Date.now());
    expect(row.authorization).toMatchObject({ pkce: 'S256' });

    const answer = await fetch(`${hub.demo.resourceUrl}/${provider}/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
    expect((await entries(hub.runtime, id)).map((entry) => entry.action)).toEqual(['connection.created']);
  },
);

test('the authorization request carries S256, state and the one redirect URI, and the cookie keeps them sealed', async () => {
  const ada = await signedIn();
  const started = await ada.start(
    { intent: 'connect', provider: 'google' },
    { 'x-forwarded-host': 'evil.example', host: 'evil.example' },
  );
  expect(started.status).toBe(303);
  expect(started.headers.get('cache-control')).toBe('no-store');
  const url = new URL(started.headers.get('location') ?? '');
  expect(url.searchParams.get('code_challenge_method')).toBe('S256');
  expect(url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
  expect(url.searchParams.get('redirect_uri')).toBe('http://localhost:3000/oauth/callback/google');
  const state = url.searchParams.get('state') ?? '';
  expect(state.length).toBeGreaterThanOrEqual(43);
  const cookie = ada.jar.getAll().find(({ name }) => /^gk_tx_(?!ended_)/.test(name));
  expect(cookie?.value).not.toContain(state);
  expect(ada.jar.attributes.get(cookie?.name ?? '')).toMatchObject({
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    maxAge: 600,
  });
});

test('state, nonce and challenge of each start are new', async () => {
  const ada = new Visitor(hub.runtime);
  await ada.signIn();
  const seen: (string | null)[] = [];
  for (let index = 0; index < 40; index++) {
    const started = await ada.start({ intent: 'connect', provider: 'google' });
    const { searchParams } = new URL(started.headers.get('location') ?? '');
    seen.push(...['state', 'nonce', 'code_challenge'].map((name) => searchParams.get(name)));
  }
  expect(seen.every((value) => /^[\w-]{43}$/.test(value ?? ''))).toBe(true);
  expect(new Set(seen).size).toBe(120);
});

test('at most five flows are kept side by side; the oldest goes', async () => {
  const ada = new Visitor({ ...hub.runtime });
  await ada.signIn();
  const states: string[] = [];
  for (let index = 0; index < 6; index++) {
    // The age in a cookie's name counts milliseconds.
    ada.runtime.now = () => new Date(Date.now() + index * 1000);
    const started = await ada.start({ intent: 'connect', provider: 'github' });
    states.push(new URL(started.headers.get('location') ?? '').searchParams.get('state') ?? '');
  }
  expect(ada.jar.getAll().filter(({ name }) => /^gk_tx_(?!ended_)/.test(name))).toHaveLength(5);
  const oldest = await ada.callback(`http://localhost:3000/oauth/callback?code=x&state=${states[0]}`);
  expect(oldest.status).toBe(400);
});

describe('the same account', () => {
  test('connected again keeps its id while live; after revoking it gets a new one', async () => {
    const ada = await signedIn('again@example.com');
    const first = (await ada.connect('github')).searchParams.get('connection') ?? '';
    const again = await ada.connect('github');
    expect(again.searchParams.get('connection')).toBe(first);
    expect(again.searchParams.get('flow')).toBe('reconnected');
    expect((await rowOf(hub.runtime, first)).generation).toBe(2);

    await revokeConnection(await ada.context(), { id: first });
    await Promise.all(hub.runtime.background);
    const third = await ada.connect('github');
    expect(third.searchParams.get('flow')).toBe('connected');
    expect(third.searchParams.get('connection')).not.toBe(first);
    expect((await rowOf(hub.runtime, first)).status).toBe('revoked');
  });

  test('a second account of the same provider is a second connection', async () => {
    const ada = await signedIn('two-accounts@example.com');
    const one = await ada.connect('okta', { account: 'first@example.com' });
    const two = await ada.connect('okta', { account: 'second@example.com', jar: new Visitor(hub.runtime).demoJar });
    expect(two.searchParams.get('connection')).not.toBe(one.searchParams.get('connection'));
    expect(await ownRows(ada.personId)).toHaveLength(2);
  });

  test('two people may hold the same account', async () => {
    const ada = await signedIn('holder-one@example.com');
    const grace = await signedIn('holder-two@example.com');
    const one = await ada.connect('okta', { account: 'shared@example.com' });
    const two = await grace.connect('okta', { account: 'shared@example.com' });
    const rows = [
      await rowOf(hub.runtime, one.searchParams.get('connection') ?? ''),
      await rowOf(hub.runtime, two.searchParams.get('connection') ?? ''),
    ];
    expect(rows[0]?.subject).toBe(rows[1]?.subject);
    expect(rows[0]?.id).not.toBe(rows[1]?.id);
  });
});

test('reconnecting with another account changes nothing and says so', async () => {
  const ada = await signedIn('mismatch@example.com');
  const id = (await ada.connect('github', { account: 'first@example.com' })).searchParams.get('connection') ?? '';
  const before = await rowOf(hub.runtime, id);
  const started = await ada.start({ intent: 'reconnect', connection_id: id });
  const url = await ada.authorize(started, { account: 'other@example.com', jar: new Visitor(hub.runtime).demoJar });
  const back = new URL((await ada.callback(url)).headers.get('location') ?? '', 'http://localhost:3000');
  expect(Object.fromEntries(back.searchParams)).toMatchObject({
    flow: 'account_mismatch',
    connection: id,
    provider: 'github',
  });
  expect(await rowOf(hub.runtime, id)).toEqual(before);
  expect(await ownRows(ada.personId)).toHaveLength(1);
  expect((await entries(hub.runtime, id)).at(-1)).toMatchObject({ action: 'flow.refused', code: 'account_mismatch' });
});

test('scopes that were unticked are missing, not assumed', async () => {
  const ada = await signedIn('unticks@example.com');
  const record = hub.runtime.providers.get('google');
  const unticked = record?.scopes.find((scope) => !['openid', 'email', 'profile'].includes(scope)) ?? '';
  expect(unticked).not.toBe('');
  const back = await ada.connect('google', { untick: [unticked] });
  expect(back.searchParams.get('flow')).toBe('scopes_missing');
  const row = await rowOf(hub.runtime, back.searchParams.get('connection') ?? '');
  expect(row.scopesRequested).toContain(unticked);
  expect(row.scopesGranted).not.toContain(unticked);
});

test('signing in asks identity scopes only, keeps no token and makes no connection', async () => {
  const visitor = new Visitor(hub.runtime);
  const started = await visitor.start({ intent: 'sign_in', provider: 'demo' });
  const asked = new URL(started.headers.get('location') ?? '').searchParams.get('scope')?.split(' ');
  expect(asked?.sort()).toEqual(['email', 'openid', 'profile']);
  const answer = await visitor.callback(await visitor.authorize(started, { account: 'only-signs-in@example.com' }));
  expect(answer.headers.get('location')).toBe('/connections');
  const { actor } = await visitor.context();
  if (actor.type !== 'person') throw new Error('not signed in');
  expect(await ownRows(actor.personId)).toEqual([]);
  expect(hub.demo.server('demo').counts.revocations).toBe(0);
});
