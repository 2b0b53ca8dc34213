import { and, eq, sql } from 'drizzle-orm';
import { describe, expect, test, vi } from 'vitest';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { accessTokenPlace, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { newConnectionId, newPersonId } from '#lib/ids';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { demoHub } from '#tests/demo-hub';
import { addApiKey, addConnection, addPerson, as, createRuntime, entries, plainRecord, rowOf } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google', 'github', 'salesforce', 'okta', 'auth0']);
const providers = ['google', 'github', 'salesforce', 'okta', 'auth0'] as const;
type Provider = (typeof providers)[number];

const worker = (overrides: Partial<Context> = {}): Context => ({ ...systemContext(hub.runtime, 'jobs'), ...overrides });
const settle = () => Promise.all(hub.runtime.background);

async function revocationOf(id: string) {
  const [row] = await hub.database.db.select().from(revocations).where(eq(revocations.connectionId, id));
  return row;
}

/** Makes the next attempt due, as time would. */
const makeDue = (id: string, set: Partial<typeof revocations.$inferInsert> = {}) =>
  hub.database.db
    .update(revocations)
    .set({ nextAttemptAt: sql`now() - interval '1 second'`, ...set })
    .where(and(eq(revocations.connectionId, id), eq(revocations.state, 'pending')));

async function me(provider: Provider, token: string): Promise<number> {
  const answer = await fetch(`${hub.demo.resourceUrl}/${provider}/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.body?.cancel();
  return answer.status;
}

/** A person with a connection, and its tokens as the provider knows them. */
async function connected(provider: Provider) {
  const ada = new Visitor(hub.runtime);
  const account = `${newPersonId().slice(4)}@example.com`;
  const personId = await ada.signIn(account);
  const id = (await ada.connect(provider, { account })).searchParams.get('connection') ?? '';
  const row = await rowOf(hub.runtime, id);
  const accessToken = hub.runtime.vault.open(row.accessToken ?? '', accessTokenPlace(row));
  const refreshToken = hub.runtime.vault.open(row.refreshToken ?? '', refreshTokenPlace(row));
  return { ada, ctx: await ada.context(), personId, id, accessToken, refreshToken };
}

describe.each(providers)('%s', (provider) => {
  test('after revoking, the token is dead at the provider and erased here', async () => {
    const { ctx, id, accessToken } = await connected(provider);
    expect(await me(provider, accessToken)).toBe(200);
    expect(await revokeConnection(ctx, { id, reason: 'not needed any more' })).toEqual({ id, changed: true });
    expect((await rowOf(hub.runtime, id)).status).toBe('revoked');
    await settle();
    expect(await me(provider, accessToken)).toBe(401);
    expect(await revocationOf(id)).toMatchObject({
      state: 'revoked_upstream',
      attempts: 1,
      finishedAt: expect.any(Date),
    });
    expect(await rowOf(hub.runtime, id)).toMatchObject({
      status: 'revoked',
      accessToken: null,
      refreshToken: null,
      accessTokenExpiresAt: null,
      refreshTokenExpiresAt: null,
      revokedAt: expect.any(Date),
    });
    const said = (await entries(hub.runtime, id)).map(({ action, outcome }) => [action, outcome]);
    expect(said).toEqual([
      ['connection.created', 'ok'],
      ['connection.revoked', 'ok'],
      ['revocation.finished', 'ok'],
      ['revocation.proved', 'ok'],
    ]);
  });

  test('while it is down the connection stays revoked, the attempt is planned anew and ends when it is back', async () => {
    const { ctx, id, accessToken } = await connected(provider);
    const server = hub.demo.server(provider);
    server.switches.revocation_status = 503;
    await revokeConnection(ctx, { id });
    await settle();
    expect(await revocationOf(id)).toMatchObject({ state: 'pending', attempts: 1, lastErrorCode: expect.any(String) });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'revoked', accessToken: expect.any(String) });
    expect(await me(provider, accessToken)).toBe(200);
    expect((await entries(hub.runtime, id)).at(-1)).toMatchObject({
      action: 'revocation.failed',
      details: { state: 'pending' },
    });

    // Not due yet: nothing is tried.
    const asked = server.counts.revocations;
    await workRevocations(worker());
    expect(server.counts.revocations).toBe(asked);

    await makeDue(id);
    await workRevocations(worker());
    expect(await revocationOf(id)).toMatchObject({ state: 'pending', attempts: 2 });

    server.switches.revocation_status = null;
    await makeDue(id);
    await workRevocations(worker());
    expect(await revocationOf(id)).toMatchObject({ state: 'revoked_upstream', attempts: 3, lastErrorCode: null });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'revoked', accessToken: null, refreshToken: null });
    expect(await me(provider, accessToken)).toBe(401);
    const failures = (await entries(hub.runtime, id)).filter(({ action }) => action === 'revocation.failed');
    expect(failures).toHaveLength(1);
  });
});

test('revoking again changes nothing and asks nobody', async () => {
  const { ctx, id } = await connected('okta');
  await revokeConnection(ctx, { id });
  await settle();
  const [before, asked] = [await rowOf(hub.runtime, id), hub.demo.server('okta').counts.revocations];
  const said = await entries(hub.runtime, id);
  expect(await revokeConnection(ctx, { id })).toEqual({ id, changed: false });
  await settle();
  expect([await rowOf(hub.runtime, id), await entries(hub.runtime, id)]).toEqual([before, said]);
  expect(hub.demo.server('okta').counts.revocations).toBe(asked);
});

describe('GitHub, which ends a grant by a live access token', () => {
  /** An expired access token is unknown to the provider. */
  async function expire(id: string, refreshToken?: string): Promise<void> {
    const { vault } = hub.runtime;
    const row = await rowOf(hub.runtime, id);
    await hub.database.db
      .update(connections)
      .set({
        accessToken: await vault.seal('gho_expired', accessTokenPlace(row)),
        ...(refreshToken ? { refreshToken: await vault.seal(refreshToken, refreshTokenPlace(row)) } : {}),
      })
      .where(eq(connections.id, id));
  }

  test('with an expired one: it is refreshed first, and then the whole grant is dead', async () => {
    const { ctx, id, accessToken } = await connected('github');
    await expire(id);
    await revokeConnection(ctx, { id });
    await settle();
    expect(await revocationOf(id)).toMatchObject({ state: 'revoked_upstream', attempts: 1 });
    expect(hub.demo.server('github').counts.refreshes).toBe(1);
    expect(await me('github', accessToken)).toBe(401);
  });

  test('failing between refresh and revocation: the next attempt ends the grant with the new tokens', async () => {
    const { ctx, id } = await connected('github');
    await expire(id);
    let [deletes, fresh] = [0, ''];
    const failing: typeof fetch = async (input, init) => {
      if (init?.method === 'DELETE' && ++deletes === 2) return new Response(null, { status: 503 });
      const answer = await hub.runtime.fetch(input, init);
      if (init?.method === 'POST') fresh = ((await answer.clone().json()) as { access_token: string }).access_token;
      return answer;
    };
    await revokeConnection({ ...ctx, fetch: failing }, { id });
    await settle();
    expect(await revocationOf(id)).toMatchObject({ state: 'pending', attempts: 1 });
    expect(await me('github', fresh)).toBe(200);
    await makeDue(id);
    await workRevocations(worker());
    const ended = await revocationOf(id);
    expect(ended).toMatchObject({ state: 'revoked_upstream', attempts: 2, proof: 'proved' });
    expect(ended?.evidence?.tokens[0]).toMatchObject({ fingerprint: fingerprintOf(fresh), before: 'accepted' });
    expect(await me('github', fresh)).toBe(401);
    expect(hub.demo.server('github').counts.refreshes).toBe(1);
  });

  test('with both tokens dead there is nothing left to end', async () => {
    const { ctx, id } = await connected('github');
    await expire(id, 'ghr_dead');
    await revokeConnection(ctx, { id });
    await settle();
    expect(await revocationOf(id)).toMatchObject({ state: 'revoked_upstream', lastErrorCode: null });
  });
});

describe('attempts', () => {
  async function pending() {
    const { ctx, id } = await connected('okta');
    hub.demo.server('okta').switches.revocation_status = 500;
    await revokeConnection(ctx, { id });
    await settle();
    expect(await revocationOf(id)).toMatchObject({ state: 'pending', attempts: 1 });
    return id;
  }

  test('are left to others by a process that is ending', async () => {
    const id = await pending();
    await makeDue(id);
    expect(await workRevocations(worker(), { signal: AbortSignal.abort() })).toBe(0);
    expect(await revocationOf(id)).toMatchObject({ state: 'pending', attempts: 1 });
    expect(await workRevocations(worker())).toBe(1);
  });

  test('two workers at once make one attempt', async () => {
    const id = await pending();
    const server = hub.demo.server('okta');
    server.switches.revocation_status = null;
    const asked = server.counts.revocations;
    await makeDue(id);
    await Promise.all(Array.from({ length: 5 }, () => workRevocations(worker())));
    expect(server.counts.revocations).toBe(asked + 1);
    expect(await revocationOf(id)).toMatchObject({ state: 'revoked_upstream', attempts: 2 });
  });

  test('A-14 the last one gives up: the tokens stay, sealed, and an administrator can see it', async () => {
    const id = await pending();
    await makeDue(id, { attempts: 79 });
    await workRevocations(worker());
    expect(await revocationOf(id)).toMatchObject({ state: 'failed', attempts: 80, lastErrorCode: expect.any(String) });
    expect(await rowOf(hub.runtime, id)).toMatchObject({
      status: 'revoked',
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
    });
    expect((await entries(hub.runtime, id)).at(-1)).toMatchObject({
      action: 'revocation.failed',
      details: { state: 'failed' },
    });
  });

  test.each([
    [45, 45, 60],
    [999_999_999, 24 * 3600 - 60, 24 * 3600],
  ])('a provider that asks for %i seconds is given them, up to a day', async (asked, least, most) => {
    const id = await pending();
    await makeDue(id);
    const busy = async () => new Response(null, { status: 503, headers: { 'retry-after': String(asked) } });
    await workRevocations(worker({ fetch: busy }));
    const { nextAttemptAt } = (await revocationOf(id)) ?? {};
    const seconds = ((nextAttemptAt?.getTime() ?? 0) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(least - 30);
    expect(seconds).toBeLessThanOrEqual(most + 30);
  });

  test('a refresh that is under way is waited for', async () => {
    const { ctx, id } = await connected('okta');
    await hub.database.db
      .update(connections)
      .set({ leaseOwner: 'another process', leaseExpiresAt: sql`clock_timestamp() + interval '30 seconds'` })
      .where(eq(connections.id, id));
    const asked = hub.demo.server('okta').counts.revocations;
    await revokeConnection(ctx, { id });
    await settle();
    expect(hub.demo.server('okta').counts.revocations).toBe(asked);
    expect(await revocationOf(id)).toMatchObject({ state: 'pending', lastErrorCode: null });
    await hub.database.db
      .update(connections)
      .set({ leaseOwner: null, leaseExpiresAt: null })
      .where(eq(connections.id, id));
    await makeDue(id);
    await workRevocations(worker());
    expect(await revocationOf(id)).toMatchObject({ state: 'revoked_upstream' });
  });

  test('nothing of the tokens or the provider’s answer is logged', async () => {
    const { ctx, id, accessToken, refreshToken } = await connected('okta');
    hub.demo.server('okta').switches.revocation_status = 500;
    await revokeConnection(ctx, { id });
    await settle();
    const log = JSON.stringify(hub.runtime.logged);
    expect(log).toContain('revocation_attempt_failed');
    expect(log).not.toContain(accessToken);
    expect(log).not.toContain(refreshToken);
  });
});

describe('a provider that offers no way', () => {
  test.each<[string, Record<string, unknown>[], string, unknown]>([
    [
      'says so: unsupported, and the tokens are erased',
      [{ ...plainRecord('http://localhost:1'), revocation_endpoint: undefined }],
      ...(['unsupported', null] as const),
    ],
    ['is not configured any more: given up, and the tokens stay', [], 'failed', expect.any(String)],
  ])('%s', async (_, records, state, tokens) => {
    const fetching = vi.fn<typeof fetch>();
    const runtime = createRuntime(hub.database.current, records, { fetch: fetching });
    const { id: personId, ctx } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId, refreshToken: 'rt' });
    await revokeConnection(ctx(), { id });
    await Promise.all(runtime.background);
    expect(await revocationOf(id)).toMatchObject({ state, attempts: 1 });
    expect(await rowOf(runtime, id)).toMatchObject({ status: 'revoked', accessToken: tokens, refreshToken: tokens });
    expect(fetching).not.toHaveBeenCalled();
  });
});

describe('who may revoke', () => {
  async function somebodys(): Promise<{ id: string; personId: string; own: Context }> {
    const { id: personId, ctx } = await addPerson(hub.runtime);
    return { id: await addConnection(hub.runtime, { personId, provider: 'gone' }), personId, own: ctx() };
  }

  test('one’s own, an administrator, a key with the scope, and this process', async () => {
    const admin = (await addPerson(hub.runtime, { role: 'administrator' })).ctx();
    const key = await addApiKey(hub.runtime, { scopes: ['connections:revoke'] });
    for (const ctx of ['own', admin, key.ctx, worker()] as const) {
      const { id, own } = await somebodys();
      expect(await revokeConnection(ctx === 'own' ? own : ctx, { id })).toEqual({ id, changed: true });
    }
    await settle();
  });

  test.each<[string, () => Promise<Context>, code: string]>([
    ['another person', async () => (await addPerson(hub.runtime)).ctx(), 'not_found'],
    ['an auditor', async () => (await addPerson(hub.runtime)).ctx('auditor'), 'not_found'],
    ['nobody', async () => as(hub.runtime, { type: 'anonymous' }), 'unauthenticated'],
    [
      'a key without the scope',
      async () => (await addApiKey(hub.runtime, { scopes: ['tokens:vend', 'connections:read'] })).ctx,
      'insufficient_scope',
    ],
    [
      'a key for other providers',
      async () => (await addApiKey(hub.runtime, { scopes: ['connections:revoke'], providers: ['github'] })).ctx,
      'not_found',
    ],
  ])('%s may not, and learns no more of a connection that exists than of one that does not', async (_, make, code) => {
    const ctx = await make();
    const { id } = await somebodys();
    const before = await rowOf(hub.runtime, id);
    const absent = [newConnectionId(newPersonId()), 'con_x', '', 'x'.repeat(5000)];
    for (const asked of [id, ...absent]) {
      await expect(revokeConnection(ctx, { id: asked })).rejects.toMatchObject({ code });
    }
    expect(await rowOf(hub.runtime, id)).toEqual(before);
    expect(await entries(hub.runtime, id)).toEqual([]);
  });
});
