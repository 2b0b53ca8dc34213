import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { getBulkRevocation } from '#lib/bulk-revocation/get';
import { type PrepareBulkInput, prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { startBulkRevocation } from '#lib/bulk-revocation/start';
import { waitingGrants } from '#lib/connect-sessions/cut-short';
import { expireConnectSessions } from '#lib/connect-sessions/expire';
import { systemContext } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { revocations } from '#lib/db/schema/revocations';
import { deletePerson } from '#lib/people/delete';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { workRevocations } from '#lib/revocation/work-revocations';
import { addApplication } from '#tests/application';
import { demoHub } from '#tests/demo-hub';
import { addConnection, addFreshAdministrator, freeze } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google', 'github']);
const system = () => systemContext(hub.runtime, 'jobs');

type App = Awaited<ReturnType<typeof addApplication>>;

let accounts = 0;
const anAccount = () => `held-${accounts++}@example.com`;

const sessionOf = async (id: string) =>
  (await hub.database.db.select().from(connectSessions).where(eq(connectSessions.id, id)))[0];

/** A link that a person followed to the provider's answer, which the hub has not seen. */
async function answered(app: App, { user = '42', account = anAccount(), provider = 'google' } = {}) {
  const session = await app.begin({ user: { id: user }, provider });
  const browser = new Visitor(hub.runtime);
  const started = await browser.start({ intent: 'connect', provider, connect_session: session.token });
  const url = await browser.authorize(started, { account });
  return { ...session, browser, url, personId: (await sessionOf(session.id))?.personId ?? '' };
}

/** A session that holds a grant, and the code that the browser brings back. */
async function received(app: App, given: Parameters<typeof answered>[1] = {}) {
  const session = await answered(app, given);
  const back = new URL((await session.browser.callback(session.url)).headers.get('location') ?? '');
  return { ...session, code: back.searchParams.get('code') ?? '' };
}

async function revocationsOf(personId: string) {
  await Promise.all(hub.runtime.background);
  return hub.database.db
    .select({ state: revocations.state, refused: revocations.refused, code: revocations.lastErrorCode })
    .from(revocations)
    .where(eq(revocations.personId, personId));
}

const connectionsOf = (personId: string) =>
  hub.database.db.select().from(connections).where(eq(connections.personId, personId));

describe('a person who is shut out while a grant waits', () => {
  test.each([
    ['disabled', disablePerson],
    ['deleted', deletePerson],
  ] as const)('%s: the grant goes to the revocations at once', async (_, end) => {
    const app = await addApplication(hub.runtime);
    const session = await received(app);
    await end(await addFreshAdministrator(hub.runtime), { id: session.personId, reason: 'left' });
    expect(await sessionOf(session.id)).toMatchObject({ status: 'failed', error: 'person_disabled', heldGrant: null });
    await workRevocations(system());
    expect(await revocationsOf(session.personId)).toMatchObject([
      { state: 'revoked_upstream', refused: { code: 'person_disabled' } },
    ]);
  });

  test('enabling them again brings no held grant back', async () => {
    const app = await addApplication(hub.runtime);
    const session = await received(app);
    const admin = await addFreshAdministrator(hub.runtime);
    await disablePerson(admin, { id: session.personId, reason: 'left' });
    await enablePerson(admin, { id: session.personId, reason: 'back' });
    const done = await app.complete(session.id, session.code, session.verifier);
    expect(done.body.code).toBe('connect_session_over');
    expect(await connectionsOf(session.personId)).toEqual([]);
  });

  test('an answer that comes afterwards is not held, but revoked', async () => {
    const app = await addApplication(hub.runtime);
    const session = await answered(app);
    await disablePerson(await addFreshAdministrator(hub.runtime), { id: session.personId, reason: 'left' });
    const back = new URL((await session.browser.callback(session.url)).headers.get('location') ?? '');
    expect(back.searchParams.get('error')).toBe('person_disabled');
    expect(await revocationsOf(session.personId)).toMatchObject([{ state: 'revoked_upstream' }]);
  });
});

describe('an application that is disabled', () => {
  const disable = (app: App) =>
    hub.database.db.update(applications).set({ disabledAt: new Date() }).where(eq(applications.id, app.id));

  test('while a grant waits: the next tick revokes it', async () => {
    const app = await addApplication(hub.runtime);
    const session = await received(app);
    await disable(app);
    await expireConnectSessions(system());
    expect(await sessionOf(session.id)).toMatchObject({ status: 'cancelled', heldGrant: null });
    expect(await revocationsOf(session.personId)).toMatchObject([{ state: 'revoked_upstream' }]);
  });

  test('before the provider answers: the answer is revoked', async () => {
    const app = await addApplication(hub.runtime);
    const session = await answered(app);
    await disable(app);
    const back = new URL((await session.browser.callback(session.url)).headers.get('location') ?? '');
    expect(back.searchParams.get('error')).toBe('connect_session_over');
    expect(await revocationsOf(session.personId)).toMatchObject([{ state: 'revoked_upstream' }]);
  });
});

describe('a bulk revocation ends the grants that wait and fit', () => {
  const ends: [string, (of: { personId: string }) => PrepareBulkInput, boolean][] = [
    ['of the person', ({ personId }) => ({ personId }), true],
    ['of the provider', () => ({ provider: 'google' }), true],
    ['of the person and the provider', ({ personId }) => ({ personId, provider: 'google' }), true],
    ['of another provider', ({ personId }) => ({ personId, provider: 'github' }), false],
    ['with a scope that the grant has', ({ personId }) => ({ personId, scope: 'openid' }), true],
    ['with a scope that it has not', ({ personId }) => ({ personId, scope: 'repo' }), false],
    ['that were connected long ago', ({ personId }) => ({ personId, olderThanDays: 1 }), false],
    ['that nothing used lately', ({ personId }) => ({ personId, unusedForDays: 1 }), false],
  ];
  test.each(ends)('%s', async (_, criteria, over) => {
    const app = await addApplication(hub.runtime);
    const session = await received(app);
    // Something to revoke beside it: an empty preparation begins nothing.
    for (const provider of ['google', 'github'])
      await addConnection(hub.runtime, {
        personId: session.personId,
        provider,
        values: { subject: anAccount(), scopesGranted: ['openid', 'repo'], connectedAt: new Date(0) },
      });
    const admin = await addFreshAdministrator(hub.runtime);
    const { id, total } = await prepareBulkRevocation(admin, criteria(session));
    expect((await getBulkRevocation(admin, { id })).waitingGrants).toBe(over ? 1 : 0);
    expect(await sessionOf(session.id)).toMatchObject({ status: 'received' });
    await startBulkRevocation(admin, { id, reason: 'the client is compromised', expected: total });
    const done = await app.complete(session.id, session.code, session.verifier);
    expect(done.status).toBe(over ? 410 : 200);
    await Promise.all(hub.runtime.background);
    await workRevocations(system());
    expect(await sessionOf(session.id)).toMatchObject({ status: over ? 'expired' : 'completed', heldGrant: null });
    const refused = (await revocationsOf(session.personId)).filter((row) => row.refused !== null);
    expect(refused.map(({ state }) => state)).toEqual(over ? ['revoked_upstream'] : []);
  });

  test('one that does not open counts: it cannot be completed anyway', async () => {
    const app = await addApplication(hub.runtime);
    const session = await received(app);
    await hub.database.db
      .update(connectSessions)
      .set({ heldGrant: 'unreadable' })
      .where(eq(connectSessions.id, session.id));
    const which = { personId: session.personId, scope: 'repo' };
    expect(await waitingGrants(system(), hub.database.db, which)).toEqual([session.id]);
  });
});

test('a freeze of everything keeps a waiting grant from being completed, and it is revoked in the end', async () => {
  const app = await addApplication(hub.runtime);
  const session = await received(app);
  await freeze(hub.runtime, 'everything', '');
  expect((await app.complete(session.id, session.code, session.verifier)).body.code).toBe('frozen');
  await hub.database.db
    .update(connectSessions)
    .set({ expiresAt: sql`now() - interval '1 second'` })
    .where(eq(connectSessions.id, session.id));
  await expireConnectSessions(system());
  expect(await sessionOf(session.id)).toMatchObject({ status: 'expired', heldGrant: null });
  expect(await connectionsOf(session.personId)).toEqual([]);
  await hub.database.db.delete(freezes);
});

describe('two grants of one account', () => {
  test('ending the one leaves the other alive that its application still completes', async () => {
    const app = await addApplication(hub.runtime);
    const account = anAccount();
    const [one, two] = [await received(app, { user: 'one', account }), await received(app, { user: 'two', account })];
    expect((await app.call('DELETE', `/connect-sessions/${two.id}`)).status).toBe(204);
    expect(await revocationsOf(two.personId)).toMatchObject([{ state: 'pending' }]);
    const done = await app.complete(one.id, one.code, one.verifier);
    expect(done.status).toBe(200);
    await hub.database.db
      .update(revocations)
      .set({ nextAttemptAt: sql`now()` })
      .where(eq(revocations.personId, two.personId));
    await workRevocations(system());
    expect(await revocationsOf(two.personId)).toMatchObject([{ state: 'failed', code: 'other_connections' }]);
    expect((await app.call('POST', `/connections/${done.body.id}/token`)).status).toBe(200);
  });

  test('where the other ends too, both are revoked', async () => {
    const app = await addApplication(hub.runtime);
    const account = anAccount();
    const [one, two] = [await received(app, { user: 'one', account }), await received(app, { user: 'two', account })];
    for (const { id } of [two, one]) await app.call('DELETE', `/connect-sessions/${id}`);
    await revocationsOf(one.personId);
    await hub.database.db
      .update(revocations)
      .set({ nextAttemptAt: sql`now()` })
      .where(eq(revocations.state, 'pending'));
    await workRevocations(system());
    for (const { personId } of [one, two])
      expect(await revocationsOf(personId)).toMatchObject([{ state: 'revoked_upstream' }]);
  });
});

describe('what an application may ask, narrowed after its session began', () => {
  test('a provider that it may connect no more is not offered, and begins nothing', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    await hub.database.db
      .update(applications)
      .set({ providers: ['github'] })
      .where(eq(applications.id, app.id));
    const fields = { intent: 'connect', provider: 'google', connect_session: session.token };
    const answer = await new Visitor(hub.runtime).start(fields);
    expect(answer.headers.get('location')).toContain('flow=unknown_provider');
  });

  test('a scope that it may ask for no more is not asked', async () => {
    const app = await addApplication(hub.runtime, { scopes: { github: ['read:user', 'repo'] } });
    const session = await app.begin({ provider: 'github', scopes: ['read:user', 'repo'] });
    await hub.database.db
      .update(applications)
      .set({ scopes: { github: ['read:user'] } })
      .where(eq(applications.id, app.id));
    const fields = { intent: 'connect', provider: 'github', connect_session: session.token };
    const started = await new Visitor(hub.runtime).start(fields);
    expect(new URL(started.headers.get('location') ?? '').searchParams.get('scope')).toBe('read:user');
  });

  test('an address that it leads people back to no more ends the link', async () => {
    const app = await addApplication(hub.runtime);
    const { token } = await app.begin();
    await hub.database.db
      .update(applications)
      .set({ returnUrls: ['https://app.example.com/elsewhere'] })
      .where(eq(applications.id, app.id));
    const fields = { intent: 'connect', provider: 'google', connect_session: token };
    const answer = await new Visitor(hub.runtime).start(fields);
    expect(answer.headers.get('location')).toContain('flow=connect_session_over');
  });

  test.each<[string, Partial<typeof applications.$inferInsert>, string]>([
    ['a provider', { providers: ['github'] }, 'unknown_provider'],
    ['a scope', { scopes: { google: ['openid'] } }, 'insufficient_scope'],
  ])('%s that was taken while the grant waited: it is revoked and not stored', async (_, taken, error) => {
    const app = await addApplication(hub.runtime);
    const session = await received(app);
    await hub.database.db.update(applications).set(taken).where(eq(applications.id, app.id));
    const done = await app.complete(session.id, session.code, session.verifier);
    expect(done.body.code).toBe('connect_session_over');
    expect(await sessionOf(session.id)).toMatchObject({ status: 'failed', error, heldGrant: null });
    expect(await connectionsOf(session.personId)).toEqual([]);
    expect(await revocationsOf(session.personId)).toMatchObject([{ state: 'revoked_upstream' }]);
  });

  test('a key for one provider sees, completes and cancels no session of another', async () => {
    const app = await addApplication(hub.runtime);
    const session = await received(app);
    const narrow = await app.addKey({ providers: ['github'] });
    const at = `/connect-sessions/${session.id}`;
    expect((await app.call('GET', at, undefined, narrow)).status).toBe(404);
    expect((await app.complete(session.id, session.code, session.verifier, narrow)).status).toBe(404);
    expect((await app.call('DELETE', at, undefined, narrow)).status).toBe(404);
    expect((await app.complete(session.id, session.code, session.verifier)).status).toBe(200);
  });
});

test('sessions that cannot be ended keep no other from its end, however many they are', async () => {
  const app = await addApplication(hub.runtime);
  const session = await received(app);
  const broken = 'cns_broken';
  // As after the loss of a key: more than a tick takes at once, all older.
  await hub.database.db.execute(sql`insert into connect_sessions (id, application_id, person_id, token_hash, api_key_id,
      providers, return_url, code_challenge, status, held_grant, expires_at)
    select ${broken} || n, application_id, person_id, 'hash' || n, api_key_id, providers, return_url, code_challenge,
      'received', 'unreadable', now() - interval '1 hour'
    from connect_sessions, generate_series(1, 510) n where id = ${session.id}`);
  await hub.database.db
    .update(connectSessions)
    .set({ expiresAt: sql`now() - interval '1 second'` })
    .where(eq(connectSessions.id, session.id));
  await expireConnectSessions(system());
  expect(await sessionOf(session.id)).toMatchObject({ status: 'expired' });
});
