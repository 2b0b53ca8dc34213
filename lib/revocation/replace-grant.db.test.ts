import { and, eq, ne } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { accessTokenPlace, openTokens } from '#lib/connections/tokens-at-rest';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { newPersonId } from '#lib/ids';
import { demoHub } from '#tests/demo-hub';
import { entries, rowOf } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const statedAlone = { revoke: { blast_radius: 'token' } };
const hub = demoHub(['demo', 'google', 'github', 'salesforce', 'okta', 'auth0'], (record) => ({
  ...record,
  ...(record.id === 'google' ? statedAlone : {}),
}));
const careful = demoHub(['demo', 'auth0'], (record) => record);
const stated = demoHub(['demo', 'auth0'], (record) => ({ ...record, ...(record.id === 'auth0' ? statedAlone : {}) }));
const byGrant = demoHub(['demo', 'github'], (record) => ({
  ...record,
  ...(record.id === 'github'
    ? { revocation_endpoint: String(record.revocation_endpoint).replace(/\/token$/, '/grant'), ...statedAlone }
    : {}),
}));
type Hub = typeof hub;
type Provider = 'google' | 'github' | 'salesforce' | 'okta' | 'auth0';

async function works({ demo }: Hub, provider: Provider, token: string): Promise<boolean> {
  const answer = await fetch(`${demo.resourceUrl}/${provider}/me`, { headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status === 200;
}

/** Connects an account and connects it again; answers the tokens of both times. */
async function reconnected(at: Hub, provider: Provider) {
  const ada = new Visitor(at.runtime);
  const account = `${newPersonId().slice(4)}@example.com`;
  await ada.signIn(account);
  const tokens: string[] = [];
  let id = '';
  for (let n = 0; n < 2; n++) {
    id = (await ada.connect(provider, { account })).searchParams.get('connection') ?? '';
    tokens.push(openTokens(at.runtime, await rowOf(at.runtime, id)).accessToken ?? '');
  }
  const [old = '', fresh = ''] = tokens;
  await Promise.all(at.runtime.background);
  const replaced = await at.database.db
    .select()
    .from(revocations)
    .where(and(eq(revocations.connectionId, id), ne(revocations.replacedGeneration, 0)));
  return { id, old, fresh, replaced };
}

describe.each(['github', 'salesforce', 'okta'] as const)('reconnecting at %s', (provider) => {
  test('revokes the replaced grant, proves it dead, and leaves the new one alone', async () => {
    const { id, old, fresh, replaced } = await reconnected(hub, provider);
    expect(old).not.toBe(fresh);
    expect(replaced).toMatchObject([
      { state: 'revoked_upstream', replacedGeneration: 1, proof: 'proved', accessToken: null, refreshToken: null },
    ]);
    expect(await works(hub, provider, old)).toBe(false);
    expect(await works(hub, provider, fresh)).toBe(true);
    expect((await rowOf(hub.runtime, id)).status).toBe('connected');
    const said = (await entries(hub.runtime, id)).map(({ action }) => action);
    expect(said.slice(-2)).toEqual(['replaced.finished', 'replaced.proved']);
  });
});

test.each<[string, () => Hub, Provider]>([
  ['at Google, whatever the operator states', () => hub, 'google'],
  ['at Auth0, which may delete the whole grant', () => careful as Hub, 'auth0'],
  ['by GitHub’s /grant, whatever the operator states', () => byGrant as Hub, 'github'],
])('reconnecting revokes nothing %s', async (_, at, provider) => {
  const asked = at().demo.server(provider).counts.revocations;
  const { fresh, old, replaced } = await reconnected(at(), provider);
  expect(replaced).toEqual([]);
  expect(at().demo.server(provider).counts.revocations).toBe(asked);
  expect(await works(at(), provider, fresh)).toBe(true);
  expect(await works(at(), provider, old)).toBe(true);
});

test('at an Auth0 whose operator states that revoking ends one token, the replaced grant is revoked', async () => {
  const { old, fresh, replaced } = await reconnected(stated as Hub, 'auth0');
  expect(replaced).toMatchObject([{ state: 'revoked_upstream', proof: 'proved' }]);
  expect(await works(stated as Hub, 'auth0', old)).toBe(false);
  expect(await works(stated as Hub, 'auth0', fresh)).toBe(true);
});

test('what the demo’s other kind of server would do shows why: there revoking the old grant ends the new one', async () => {
  (stated as Hub).demo.server('auth0').switches.revoke_deletes_grant = true;
  const { fresh } = await reconnected(stated as Hub, 'auth0');
  expect(await works(stated as Hub, 'auth0', fresh)).toBe(false);
});

test('while the provider is down the replaced grant waits, sealed, and the connection serves', async () => {
  const server = hub.demo.server('okta');
  server.switches.revocation_status = 503;
  const { id, fresh, replaced } = await reconnected(hub, 'okta');
  expect(replaced).toMatchObject([
    { state: 'pending', attempts: 1, accessToken: expect.any(String), refreshToken: expect.any(String) },
  ]);
  expect(await works(hub, 'okta', fresh)).toBe(true);
  expect((await entries(hub.runtime, id)).at(-1)).toMatchObject({ action: 'replaced.failed', outcome: 'failed' });
});

test('a grant that cannot be read any more, as after the loss of a key, keeps nobody from reconnecting', async () => {
  const ada = new Visitor(hub.runtime);
  const account = `${newPersonId().slice(4)}@example.com`;
  await ada.signIn(account);
  const id = (await ada.connect('okta', { account })).searchParams.get('connection') ?? '';
  await hub.database.db
    .update(connections)
    .set({ accessToken: 'lost', refreshToken: 'lost' })
    .where(eq(connections.id, id));
  expect((await ada.connect('okta', { account })).searchParams.get('flow')).toBe('reconnected');
  await Promise.all(hub.runtime.background);
  const token = openTokens(hub.runtime, await rowOf(hub.runtime, id)).accessToken ?? '';
  expect(await works(hub, 'okta', token)).toBe(true);
  expect(await hub.database.db.select().from(revocations).where(eq(revocations.connectionId, id))).toEqual([]);
});

test('what waits is sealed for its own row: put back into the connection’s, it does not open', async () => {
  hub.demo.server('okta').switches.revocation_status = 503;
  const { id, replaced } = await reconnected(hub, 'okta');
  const sealed = replaced[0]?.accessToken ?? '';
  const row = await rowOf(hub.runtime, id);
  expect(() => hub.runtime.vault.open(sealed, accessTokenPlace(row))).toThrow(
    expect.objectContaining({ code: 'vault_wrong_place' }),
  );
});
