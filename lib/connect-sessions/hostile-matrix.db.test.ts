import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { expireConnectSessions } from '#lib/connect-sessions/expire';
import { systemContext } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { people } from '#lib/db/schema/people';
import { hashSecret } from '#lib/ids';
import { addApplication, returnUrl } from '#tests/application';
import { connectSessionHub } from '#tests/connect-sessions';
import { entries } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const { hub, grant, statusOf, personOf, connectionsOf, revokedAnswers } = connectSessionHub();

describe('the hostile matrix', () => {
  test('a link that was handed to another person: their browser has no verifier, and the attacker’s has no code', async () => {
    const app = await addApplication(hub.runtime);
    const attackers = await app.begin({ user: { id: 'mallory' } });
    const back = await grant(attackers, { provider: 'google', account: 'victim@example.com' });
    // The victim's browser brings the code to the application, where its own session has a verifier of its own, or none.
    const victims = await app.begin({ user: { id: 'victim' } });
    const shown = await app.complete(attackers.id, back.searchParams.get('code'), victims.verifier);
    expect(shown.body.code).toBe('connect_session_mismatch');
    expect(await connectionsOf(await personOf(attackers))).toEqual([]);
    expect(await revokedAnswers(await personOf(attackers))).toHaveLength(1);
  });

  test('an answer in another browser than the one that followed the link', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    const browser = new Visitor(hub.runtime);
    const url = await browser.authorize(
      await browser.start({ intent: 'connect', provider: 'google', connect_session: session.token }),
    );
    expect((await new Visitor(hub.runtime).callback(url)).status).toBe(400);
    expect(await statusOf(session.id)).toMatchObject({ status: 'open', heldGrant: null });
  });

  test('two browsers follow one link: the first grant is held, the second is revoked', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    const [one, two] = [new Visitor(hub.runtime), new Visitor(hub.runtime)];
    const fields = { intent: 'connect', provider: 'google', connect_session: session.token };
    const first = await one.authorize(await one.start(fields), { account: 'one@example.com' });
    const second = await two.authorize(await two.start(fields), { account: 'two@example.com' });
    const back = new URL((await one.callback(first)).headers.get('location') ?? '');
    const late = new URL((await two.callback(second)).headers.get('location') ?? '');
    expect(late.searchParams.get('error')).toBe('connect_session_over');
    const done = await app.complete(session.id, back.searchParams.get('code'), session.verifier);
    expect(done.body.account).toMatchObject({ label: 'one@example.com' });
    expect(await revokedAnswers(await personOf(session))).toMatchObject([
      { state: 'revoked_upstream', refused: { code: 'connect_session_over' } },
    ]);
  });

  test('the answer again in its own browser leads to the same address, and spends nothing', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    const browser = new Visitor(hub.runtime);
    const url = await browser.authorize(
      await browser.start({ intent: 'connect', provider: 'google', connect_session: session.token }),
    );
    const first = (await browser.callback(url)).headers.get('location');
    expect((await browser.callback(url)).headers.get('location')).toBe(first);
    expect(new URL(first ?? '').searchParams.has('code')).toBe(true);
  });

  test('a person of the hub who is signed in in the same browser gets nothing of it', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    const browser = new Visitor(hub.runtime);
    const hubPerson = await browser.signIn('signed-in@example.com');
    const back = await grant(session, { browser });
    await app.complete(session.id, back.searchParams.get('code'), session.verifier);
    expect(await connectionsOf(hubPerson)).toEqual([]);
    expect(await connectionsOf(await personOf(session))).toHaveLength(1);
    const told = (await entries(hub.runtime)).filter(({ details }) => details.connect_session === session.id);
    expect(told.filter(({ actorId }) => actorId === hubPerson)).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['another return address', { return_url: 'https://app.example.com/connected/' }, 'invalid_request'],
    ['a return address of another origin', { return_url: 'https://evil.example/connected' }, 'invalid_request'],
    [
      'a return address with a query of its own',
      { return_url: `${returnUrl}?next=https://evil.example` },
      'invalid_request',
    ],
    ['no challenge', { code_challenge: undefined }, 'invalid_request'],
    ['an empty challenge', { code_challenge: '' }, 'invalid_request'],
    ['a provider that there is not', { provider: 'constructor' }, 'unknown_provider'],
    ['a provider that only signs in', { provider: 'demo' }, 'unknown_provider'],
    ['scopes that it may not ask for', { provider: 'google', scopes: ['https://mail.google.com/'] }, 'invalid_request'],
    ['scopes for several providers', { scopes: ['openid'] }, 'invalid_request'],
    ['a connection that there is not', { connection: 'con_none' }, 'not_found'],
    ['no user', { user: {} }, 'invalid_request'],
    ['an empty user', { user: { id: '' } }, 'invalid_request'],
    ['a user over two lines', { user: { id: 'a\nb' } }, 'invalid_request'],
    // What a program writes that has no user: all of them would share one person's accounts.
    ['the user of no session', { user: { id: 'undefined' } }, 'invalid_request'],
    ['the tenant of no session', { user: { id: '42', tenant: 'null' } }, 'invalid_request'],
    ['a label that turns text', { user: { id: '42', label: 'a\u202eb' } }, 'invalid_request'],
    ['a field that there is not', { redirect_uri: returnUrl }, 'invalid_request'],
  ])('refuses a session with %s', async (_, asked, code) => {
    const app = await addApplication(hub.runtime);
    const before = (await hub.database.db.select().from(people)).length;
    await expect(app.begin(asked)).rejects.toThrow(code);
    expect((await hub.database.db.select().from(people)).length).toBe(before);
  });

  test('a writer to the database who gives the waiting grant to another person gets no connection', async () => {
    const [app, thief] = [await addApplication(hub.runtime), await addApplication(hub.runtime)];
    const session = await app.begin();
    const mine = await thief.begin({ user: { id: 'thief' } });
    const code = (await grant(session)).searchParams.get('code');
    const person = await personOf(session);
    const taken = { personId: await personOf(mine), applicationId: thief.id, codeChallenge: hashSecret(mine.verifier) };
    await hub.database.db.update(connectSessions).set(taken).where(eq(connectSessions.id, session.id));
    expect((await thief.call('GET', `/connect-sessions/${session.id}`)).body).toMatchObject({ account: null });
    expect((await thief.complete(session.id, code, mine.verifier)).status).toBe(500);
    const told = (await entries(hub.runtime)).find(
      ({ code, details }) => code === 'vault_wrong_place' && details.connect_session === session.id,
    );
    expect(told).toMatchObject({ action: 'request.refused', outcome: 'failed' });
    for (const one of [person, taken.personId]) expect(await connectionsOf(one)).toEqual([]);
    await hub.database.db
      .update(connectSessions)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(eq(connectSessions.id, session.id));
    await expireConnectSessions(systemContext(hub.runtime, 'test'));
    expect(await revokedAnswers(person)).toMatchObject([{ state: 'revoked_upstream' }]);
  });

  test('a label that shows nothing is none', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin({ user: { id: 'blank', label: '\u3164\u2800' } });
    const [person] = await hub.database.db
      .select({ name: people.name })
      .from(people)
      .where(eq(people.id, await personOf(session)));
    expect(person).toEqual({ name: null });
  });

  test('keys: of another application, of none, without the scope, for another provider, and of a disabled one', async () => {
    const [app, other] = [await addApplication(hub.runtime), await addApplication(hub.runtime)];
    const session = await app.begin();
    const code = (await grant(session)).searchParams.get('code');
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['POST', '/complete', { code, code_verifier: session.verifier }],
    ] as const) {
      const asked = (key: string) => app.call(method, `/connect-sessions/${session.id}${path}`, body, key);
      expect((await asked(other.key)).status).toBe(404);
      expect((await asked(await app.addKey({ scopes: ['tokens:vend'] }))).status).toBe(403);
    }
    // It learns nothing of the body either.
    const without = await app.addKey({ scopes: ['tokens:vend'] });
    expect((await app.call('POST', '/connect-sessions', {}, without)).status).toBe(403);
    expect(await statusOf(session.id)).toMatchObject({ status: 'received' });
    // Another key of the same application goes on, as where a key is rotated meanwhile.
    const next = await app.addKey();
    expect((await app.complete(session.id, code, session.verifier, next)).status).toBe(200);

    await expect(app.begin({ provider: 'google' }, await app.addKey({ providers: ['github'] }))).rejects.toThrow(
      'unknown_provider',
    );
    const connection = (await connectionsOf(await personOf(session)))[0]?.id ?? '';
    await expect(other.begin({ connection })).rejects.toThrow('not_found');
    expect((await other.call('POST', `/connections/${connection}/token`)).status).toBe(404);
    await hub.database.db.update(applications).set({ disabledAt: new Date() }).where(eq(applications.id, app.id));
    expect((await app.call('POST', `/connections/${connection}/token`)).status).toBe(401);
    await expect(app.begin()).rejects.toThrow('401');
  });

  test('an application that may connect to one provider offers no other, also where a browser asks for it', async () => {
    const app = await addApplication(hub.runtime, { providers: ['github'], scopes: { github: ['read:user'] } });
    const session = await app.begin();
    expect((await statusOf(session.id))?.providers).toEqual(['github']);
    const browser = new Visitor(hub.runtime);
    const google = await browser.start({ intent: 'connect', provider: 'google', connect_session: session.token });
    expect(google.headers.get('location')).toContain('flow=unknown_provider');
    const started = await browser.start({ intent: 'connect', provider: 'github', connect_session: session.token });
    expect(new URL(started.headers.get('location') ?? '').searchParams.get('scope')).toBe('read:user');
  });

  test.each<[string, Record<string, string>]>([
    ['signing in', { intent: 'sign_in', provider: 'demo' }],
    ['stepping up', { intent: 'step_up' }],
    ['a trace', { intent: 'connect', provider: 'google', trace: 'keep' }],
    ['a connection of its own choice', { intent: 'reconnect', connection_id: 'con_x' }],
  ])('a link begins nothing but its own flow: %s', async (_, fields) => {
    const app = await addApplication(hub.runtime);
    const { token } = await app.begin();
    const answer = await new Visitor(hub.runtime).start({ ...fields, connect_session: token });
    expect(answer.headers.get('location')).toContain('flow=invalid_request');
  });

  test('a link is kept alive for twenty minutes at most, however often its button is pressed', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    await hub.database.db
      .update(connectSessions)
      .set({ createdAt: sql`now() - interval '19 minutes'`, expiresAt: sql`now() + interval '10 seconds'` })
      .where(eq(connectSessions.id, session.id));
    await new Visitor(hub.runtime).start({ intent: 'connect', provider: 'google', connect_session: session.token });
    const [left] = await hub.database.db
      .select({ seconds: sql<number>`extract(epoch from ${connectSessions.expiresAt} - now())::int` })
      .from(connectSessions)
      .where(eq(connectSessions.id, session.id));
    expect(left?.seconds).toBeGreaterThan(30);
    expect(left?.seconds).toBeLessThanOrEqual(60);
  });

  test('no secret of it lies readable in the database or the log', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    const code = (await grant(session)).searchParams.get('code') ?? '';
    const stored = JSON.stringify([
      await hub.database.db.select().from(connectSessions),
      await entries(hub.runtime),
      hub.runtime.logged,
    ]);
    for (const secret of [session.token, session.verifier, code]) expect(stored).not.toContain(secret);
    expect((await statusOf(session.id))?.heldGrant).toMatch(/^eyJ/);
  });
});
