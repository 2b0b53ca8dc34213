import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { connections } from '#lib/db/schema/connections';
import { refreshConnection } from '#lib/refresh/refresh';
import { vendToken } from '#lib/tokens/vend-token';
import { demoHub } from '#tests/demo-hub';
import { addApiKey, rowOf } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const providers = ['google', 'github', 'salesforce', 'okta', 'auth0'] as const;
type ProviderId = (typeof providers)[number];
const hub = demoHub(['demo', ...providers]);

let people = 0;

/** A new person's account, connected through the real flow, with an access token that ended a moment ago. */
async function connectedAndExpired(provider: ProviderId): Promise<string> {
  const visitor = new Visitor(hub.runtime);
  people += 1;
  await visitor.signIn(`vends-${provider}-${people}@example.com`);
  const back = await visitor.connect(provider);
  const id = back.searchParams.get('connection') ?? '';
  await expire(id);
  return id;
}

const expire = (id: string) =>
  hub.database.db
    .update(connections)
    .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
    .where(eq(connections.id, id));

const works = async (provider: ProviderId, token: string) => {
  // Closed each time: an idle connection may be gone by the next test.
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  return (await fetch(`${hub.demo.resourceUrl}/${provider}/me`, { headers })).status === 200;
};

test.each(providers)('%s: 200 callers at once, one refresh, and the token works', async (provider) => {
  const id = await connectedAndExpired(provider);
  const { ctx } = await addApiKey(hub.runtime);
  const tokens = await Promise.all(Array.from({ length: 200 }, () => vendToken(ctx, { id })));
  expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
  expect(hub.demo.server(provider).counts.refreshes).toBe(1);
  expect(await works(provider, tokens[0]?.accessToken ?? '')).toBe(true);
  const row = await rowOf(hub.runtime, id);
  expect(row).toMatchObject({ status: 'connected', generation: 2, leaseOwner: null, lastRefreshError: null });
  expect(row.accessTokenExpiresAt?.getTime()).toBeGreaterThan(Date.now());
});

test.each(['okta', 'auth0', 'github'] as const)(
  '%s: five refreshes in a row never show a used token',
  async (provider) => {
    const id = await connectedAndExpired(provider);
    const { ctx } = await addApiKey(hub.runtime);
    for (let n = 0; n < 5; n++) await refreshConnection(ctx, { id, force: true });
    const { refreshes, reuse_detected } = hub.demo.server(provider).counts;
    expect([refreshes, reuse_detected]).toEqual([5, 0]);
    expect(await works(provider, (await vendToken(ctx, { id })).accessToken)).toBe(true);
  },
);

test('salesforce: the life of a refreshed token is learnt by introspection, and its instance_url is vended', async () => {
  const id = await connectedAndExpired('salesforce');
  const before = hub.demo.server('salesforce').counts.introspections;
  const { ctx } = await addApiKey(hub.runtime);
  const token = await vendToken(ctx, { id });
  expect(hub.demo.server('salesforce').counts.introspections).toBe(before + 1);
  expect(token.extras.instance_url).toBe(hub.demo.resourceUrl);
});

test.each(providers)('%s: a grant that was ended there needs its person', async (provider) => {
  const id = await connectedAndExpired(provider);
  expect(hub.demo.server(provider).withdraw()).toBeGreaterThan(0);
  const { ctx } = await addApiKey(hub.runtime);
  await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'grant_in_doubt' });
  await hub.runtime.database.db
    .update(connections)
    .set({ refusedAt: sql`clock_timestamp() - interval '6 minutes'` })
    .where(eq(connections.id, id));
  await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
  // Withdrawn there, as a person does it: no theft, whichever of the namesakes it is.
  expect(await rowOf(hub.runtime, id)).toMatchObject({
    status: 'needs_reconnect',
    statusReason: 'ended_at_provider',
  });
});

test('an answer that is lost on the way leaves the grant, and is named when it proves to have been the last', async () => {
  const id = await connectedAndExpired('okta');
  Object.assign(hub.demo.server('okta').switches, { drop_answer: 1, grace_s: 0, rotation: 'rotate' });
  const { ctx } = await addApiKey(hub.runtime);
  await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'provider_unavailable' });
  expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected' });
  await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
  expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'needs_reconnect', statusReason: 'answer_lost' });
});
