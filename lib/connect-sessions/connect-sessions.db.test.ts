import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { expireConnectSessions } from '#lib/connect-sessions/expire';
import { openConnectSession } from '#lib/connect-sessions/open';
import { systemContext } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { hashSecret, newSecret } from '#lib/ids';
import { addApplication, returnUrl } from '#tests/application';
import { demoHub } from '#tests/demo-hub';
import { entries, freeze } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'google', 'github']);

type App = Awaited<ReturnType<typeof addApplication>>;
type Session = Awaited<ReturnType<App['begin']>>;

/** Follows the link in a browser, grants at the provider, and answers the address that the browser is led to. */
async function grant(browser: Visitor, { token }: Session, provider = 'google', account = anAccount()): Promise<URL> {
  const started = await browser.start({ intent: 'connect', provider, connect_session: token });
  const answer = await browser.callback(await browser.authorize(started, { account }));
  return new URL(answer.headers.get('location') ?? '', 'http://hub.invalid');
}

let accounts = 0;
/** An account that no other connection is to: a grant beside a live one of the same account is held for an administrator. */
const anAccount = () => `account-${accounts++}@example.com`;

const statusOf = async (id: string) =>
  (await hub.database.db.select().from(connectSessions).where(eq(connectSessions.id, id)))[0];
const connectionsOf = (personId: string) =>
  hub.database.db.select().from(connections).where(eq(connections.personId, personId));
const revokedAnswers = async (personId: string) => {
  await Promise.all(hub.runtime.background);
  return hub.database.db
    .select({ state: revocations.state, refused: revocations.refused })
    .from(revocations)
    .where(eq(revocations.personId, personId));
};
const personOf = async (session: Session) => (await statusOf(session.id))?.personId ?? '';

test('a person without a session here connects an account, the application completes it, and gets its token', async () => {
  const app = await addApplication(hub.runtime);
  const session = await app.begin({ user: { id: '42', tenant: 'acme', label: 'Ada' }, provider: 'google' });
  const back = await grant(new Visitor(hub.runtime), session);
  expect(back.origin + back.pathname).toBe(returnUrl);
  expect([...back.searchParams.keys()].sort()).toEqual(['code', 'session']);

  const personId = await personOf(session);
  expect(await connectionsOf(personId)).toEqual([]);
  expect((await app.call('GET', `/connect-sessions/${session.id}`)).body).toMatchObject({
    status: 'received',
    provider: 'google',
    user: personId,
    connection: null,
  });
  const done = await app.complete(session.id, back.searchParams.get('code'), session.verifier);
  expect(done).toMatchObject({ status: 200, body: { user: personId, provider: 'google', status: 'connected' } });
  const id = String(done.body.id);
  expect(await app.call('POST', `/connections/${id}/token`)).toMatchObject({
    status: 200,
    body: { access_token: expect.any(String) },
  });
  expect((await app.call('GET', `/connect-sessions/${session.id}`)).body).toMatchObject({
    status: 'completed',
    connection: id,
  });
  expect((await statusOf(session.id))?.heldGrant).toBeNull();
  const told = (await entries(hub.runtime)).filter(({ details }) => details.connect_session === session.id);
  expect(told.map(({ action }) => action)).toEqual([
    'connect_session.created',
    'flow.started',
    'connect_session.received',
    'connection.created',
  ]);
  const [person] = await hub.database.db.select().from(people).where(eq(people.id, personId));
  expect(person).toMatchObject({
    applicationId: app.id,
    applicationUser: '42',
    applicationTenant: 'acme',
    name: 'Ada',
  });
  expect(await revokedAnswers(personId)).toEqual([]);
});

test('the same ids are the same person; the same user of another tenant or application is another', async () => {
  const [one, two] = [await addApplication(hub.runtime), await addApplication(hub.runtime)];
  const person = async (app: App, user: Record<string, string>) => personOf(await app.begin({ user }));
  const first = await person(one, { id: 'a/b' });
  expect(await person(one, { id: 'a/b', label: 'Renamed' })).toBe(first);
  const others = [
    await person(one, { tenant: 'a', id: 'b' }),
    await person(one, { id: 'a%2Fb' }),
    await person(one, { id: 'A/b' }),
    await person(two, { id: 'a/b' }),
  ];
  expect(new Set([first, ...others]).size).toBe(5);
});

test('reconnecting keeps the connection, and another account is refused and revoked', async () => {
  const app = await addApplication(hub.runtime);
  const first = await app.begin();
  const back = await grant(new Visitor(hub.runtime), first, 'github', 'grace@example.com');
  const { id } = (await app.complete(first.id, back.searchParams.get('code'), first.verifier)).body;
  const again = await app.begin({ connection: id });
  const code = (await grant(new Visitor(hub.runtime), again, 'github', 'grace@example.com')).searchParams.get('code');
  expect((await app.complete(again.id, code, again.verifier)).body).toMatchObject({ id, status: 'connected' });
  const other = await app.begin({ connection: id });
  const refused = await grant(new Visitor(hub.runtime), other, 'github', 'other@example.com');
  expect(Object.fromEntries(refused.searchParams)).toEqual({ session: other.id, error: 'account_mismatch' });
  expect(await statusOf(other.id)).toMatchObject({ status: 'failed', error: 'account_mismatch' });
});

test('a person who declines is led back with the reason, and the link is over', async () => {
  const app = await addApplication(hub.runtime);
  const session = await app.begin();
  const browser = new Visitor(hub.runtime);
  const started = await browser.start({ intent: 'connect', provider: 'github', connect_session: session.token });
  const answer = await browser.callback(await browser.authorize(started, { deny: true }));
  const back = new URL(answer.headers.get('location') ?? '');
  expect(Object.fromEntries(back.searchParams)).toEqual({ session: session.id, error: 'access_denied' });
  const again = await browser.start({ intent: 'connect', provider: 'github', connect_session: session.token });
  expect(again.headers.get('location')).toMatch(/^\/connect-session\?token=.*flow=connect_session_over/);
});

describe('a grant that is not completed', () => {
  /** A received grant, and its code. */
  async function received() {
    const app = await addApplication(hub.runtime);
    const session = await app.begin();
    const code = (await grant(new Visitor(hub.runtime), session)).searchParams.get('code') ?? '';
    return { app, session, code, personId: await personOf(session) };
  }

  test('is revoked at the provider after ten minutes, and can be completed no more', async () => {
    const { app, session, code, personId } = await received();
    await hub.database.db
      .update(connectSessions)
      .set({ expiresAt: sql`now() - interval '1 second'` })
      .where(eq(connectSessions.id, session.id));
    expect((await app.complete(session.id, code, session.verifier)).body.code).toBe('connect_session_over');
    await expireConnectSessions(systemContext(hub.runtime, 'jobs'));
    expect(await statusOf(session.id)).toMatchObject({ status: 'expired', heldGrant: null });
    expect(await revokedAnswers(personId)).toMatchObject([
      { state: 'revoked_upstream', refused: { code: 'connect_session_expired' } },
    ]);
    expect((await app.complete(session.id, code, session.verifier)).body.code).toBe('connect_session_over');
    expect(await connectionsOf(personId)).toEqual([]);
  });

  test.each<[string, (of: { session: Session; code: string }) => [code: string, verifier: string]]>([
    ['the verifier of another session', ({ code }) => [code, 'x'.repeat(43)]],
    ['another code', ({ session }) => ['x'.repeat(43), session.verifier]],
    [
      'the challenge in place of the verifier',
      ({ session, code }) => [code, session.id.padEnd(43, '0').replace('_', '-')],
    ],
  ])('is revoked where the application shows %s', async (_, shown) => {
    const { app, session, code, personId } = await received();
    const refused = await app.complete(session.id, ...shown({ session, code }));
    expect(refused).toMatchObject({ status: 400, body: { code: 'connect_session_mismatch' } });
    expect((await app.complete(session.id, code, session.verifier)).body.code).toBe('connect_session_over');
    expect(await revokedAnswers(personId)).toMatchObject([
      { state: 'revoked_upstream', refused: { code: 'connect_session_mismatch' } },
    ]);
    expect(await connectionsOf(personId)).toEqual([]);
  });

  test('is revoked where the application cancels', async () => {
    const { app, session, personId } = await received();
    expect((await app.call('DELETE', `/connect-sessions/${session.id}`)).status).toBe(204);
    expect((await app.call('DELETE', `/connect-sessions/${session.id}`)).status).toBe(204);
    expect(await revokedAnswers(personId)).toMatchObject([{ state: 'revoked_upstream' }]);
  });

  test('waits under a freeze, and is revoked all the same when its time is over', async () => {
    const { app, session, code, personId } = await received();
    await freeze(hub.runtime, 'person', personId);
    expect(await app.complete(session.id, code, session.verifier)).toMatchObject({ status: 423 });
    expect(await statusOf(session.id)).toMatchObject({ status: 'received' });
  });

  test('is never stored for a person who was disabled or deleted meanwhile', async () => {
    for (const change of [{ disabledAt: new Date() }, { deletedAt: new Date(), applicationUser: null }]) {
      const { app, session, code, personId } = await received();
      await hub.database.db.update(people).set(change).where(eq(people.id, personId));
      expect((await app.complete(session.id, code, session.verifier)).status).toBeGreaterThanOrEqual(400);
      expect(await connectionsOf(personId)).toEqual([]);
      expect(await statusOf(session.id)).toMatchObject({ status: 'received' });
    }
  });

  test('is stored once, however many complete it at once', async () => {
    const { app, session, code, personId } = await received();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => app.complete(session.id, code, session.verifier)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code))).toEqual(
      new Set(['connect_session_over']),
    );
    expect(await connectionsOf(personId)).toHaveLength(1);
    expect(await revokedAnswers(personId)).toEqual([]);
  });

  test('is stored or revoked, never both, where completing and expiring meet', async () => {
    for (let n = 0; n < 6; n++) {
      const { app, session, code, personId } = await received();
      const [done] = await Promise.all([
        app.complete(session.id, code, session.verifier),
        app.call('DELETE', `/connect-sessions/${session.id}`),
      ]);
      const stored = (await connectionsOf(personId)).length;
      const revoked = (await revokedAnswers(personId)).length;
      expect([done.status === 200 ? 1 : 0, stored + revoked]).toEqual([stored, 1]);
    }
  });
});

describe('a device', () => {
  const deviceSession = async (app: App) => {
    const verifier = newSecret();
    const asked = { user: { id: 'cli' }, provider: 'google', device: true, code_challenge: hashSecret(verifier) };
    const { status, body } = await app.call('POST', '/connect-sessions', asked);
    expect(status).toBe(201);
    return { id: String(body.id), token: String(body.user_code), url: '', verifier, body };
  };

  test('shows a code that a person types on another device, asks, and completes with its verifier alone', async () => {
    const app = await addApplication(hub.runtime);
    const session = await deviceSession(app);
    expect(session.body).toMatchObject({
      user_code: expect.stringMatching(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/),
      verification_url: 'http://localhost:3000/device',
      interval: 5,
    });
    const typed = { ...session, token: ` ${session.token.toLowerCase().replace('-', ' ')}` };
    const back = await grant(new Visitor(hub.runtime), typed);
    expect(back.pathname).toBe('/connect-session/done');
    expect(Object.fromEntries(back.searchParams)).toEqual({ session: session.id });
    const asks = await app.call('GET', `/connect-sessions/${session.id}`);
    expect(asks.body).toMatchObject({ status: 'received' });
    const body = { code_verifier: session.verifier };
    const done = await app.call('POST', `/connect-sessions/${session.id}/complete`, body);
    expect(done).toMatchObject({ status: 200, body: { provider: 'google', status: 'connected' } });
  });

  test('without its verifier gets nothing, and the grant is revoked', async () => {
    const app = await addApplication(hub.runtime);
    const session = await deviceSession(app);
    await grant(new Visitor(hub.runtime), session);
    const answer = await app.complete(session.id, 'x', 'x'.repeat(43));
    expect(answer.body.code).toBe('connect_session_mismatch');
    expect(await revokedAnswers(await personOf(session))).toMatchObject([{ state: 'revoked_upstream' }]);
  });

  test('has no return address, and a browser’s session has no code to type', async () => {
    const app = await addApplication(hub.runtime);
    await expect(app.begin({ device: true })).rejects.toThrow('invalid_request');
    await expect(app.begin({ return_url: undefined })).rejects.toThrow('invalid_request');
  });

  test('codes cannot be tried: 20 a minute from one address', async () => {
    const stranger = new Visitor(hub.runtime);
    const ctx = { ...(await stranger.context()), ip: '198.51.100.7' };
    const tries = Array.from({ length: 25 }, () => openConnectSession(ctx, 'BCDF-GHJK').catch(({ code }) => code));
    const answers = await Promise.all(tries);
    expect(answers.filter((code) => code === 'connect_session_over')).toHaveLength(20);
    expect(answers.filter((code) => code === 'rate_limited')).toHaveLength(5);
  });
});

test('sign-ins give no further tries of codes: those of one address are counted together', async () => {
  const ctx = await new Visitor(hub.runtime).context();
  const tries = Array.from({ length: 25 }, (_, n) => {
    const actor = { type: 'person', personId: 'per_x', sessionId: `ses_${n}`, role: 'user', name: null, email: null };
    const asked = { ...ctx, actor, ip: '198.51.100.9' } as typeof ctx;
    return openConnectSession(asked, 'BCDF-GHJK').catch(({ code }) => code);
  });
  expect((await Promise.all(tries)).filter((code) => code === 'rate_limited')).toHaveLength(5);
});

describe('the hostile matrix', () => {
  test('a link that was handed to another person: their browser has no verifier, and the attacker’s has no code', async () => {
    const app = await addApplication(hub.runtime);
    const attackers = await app.begin({ user: { id: 'mallory' } });
    const back = await grant(new Visitor(hub.runtime), attackers, 'google', 'victim@example.com');
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
    const back = await grant(browser, session);
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
    ['a field that there is not', { redirect_uri: returnUrl }, 'invalid_request'],
  ])('refuses a session with %s', async (_, asked, code) => {
    const app = await addApplication(hub.runtime);
    const before = (await hub.database.db.select().from(people)).length;
    await expect(app.begin(asked)).rejects.toThrow(code);
    expect((await hub.database.db.select().from(people)).length).toBe(before);
  });

  test('keys: of another application, of none, without the scope, for another provider, and of a disabled one', async () => {
    const [app, other] = [await addApplication(hub.runtime), await addApplication(hub.runtime)];
    const session = await app.begin();
    const code = (await grant(new Visitor(hub.runtime), session)).searchParams.get('code');
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['POST', '/complete', { code, code_verifier: session.verifier }],
    ] as const) {
      const asked = (key: string) => app.call(method, `/connect-sessions/${session.id}${path}`, body, key);
      expect((await asked(other.key)).status).toBe(404);
      expect((await asked(await app.addKey({ scopes: ['tokens:vend'] }))).status).toBe(403);
    }
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
    const code = (await grant(new Visitor(hub.runtime), session)).searchParams.get('code') ?? '';
    const stored = JSON.stringify([
      await hub.database.db.select().from(connectSessions),
      await entries(hub.runtime),
      hub.runtime.logged,
    ]);
    for (const secret of [session.token, session.verifier, code]) expect(stored).not.toContain(secret);
    expect((await statusOf(session.id))?.heldGrant).toMatch(/^eyJ/);
  });
});
