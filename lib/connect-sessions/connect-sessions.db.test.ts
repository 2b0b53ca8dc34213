import { randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { expireConnectSessions } from '#lib/connect-sessions/expire';
import { userCodeHashOf } from '#lib/connect-sessions/link';
import { openConnectSession } from '#lib/connect-sessions/open';
import { systemContext } from '#lib/context';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { people } from '#lib/db/schema/people';
import { hashSecret, newSecret } from '#lib/ids';
import { addApplication, returnUrl } from '#tests/application';
import { type App, connectSessionHub, type Session } from '#tests/connect-sessions';
import { entries, freeze } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const { hub, grant, statusOf, personOf, connectionsOf, revokedAnswers } = connectSessionHub();

test('a person without a session here connects an account, the application completes it, and gets its token', async () => {
  const app = await addApplication(hub.runtime);
  const session = await app.begin({ user: { id: '42', tenant: 'acme', label: 'Ada' }, provider: 'google' });
  const back = await grant(session);
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
  const back = await grant(first, { provider: 'github', account: 'grace@example.com' });
  const { id } = (await app.complete(first.id, back.searchParams.get('code'), first.verifier)).body;
  const again = await app.begin({ connection: id });
  const code = (await grant(again, { provider: 'github', account: 'grace@example.com' })).searchParams.get('code');
  expect((await app.complete(again.id, code, again.verifier)).body).toMatchObject({ id, status: 'connected' });
  const other = await app.begin({ connection: id });
  const refused = await grant(other, { provider: 'github', account: 'other@example.com' });
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
    const code = (await grant(session)).searchParams.get('code') ?? '';
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

describe('a link in a mail', () => {
  test('tells which account came back, and the same call completes it once the application has looked', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin({ provider: 'google' });
    const asks = () => app.call('GET', `/connect-sessions/${session.id}`);
    expect((await asks()).body).toMatchObject({ status: 'open', account: null });
    // Another browser than the one that began: the verifier lies at the application's server.
    const back = await grant(session, { account: 'ada-by-mail@example.com' });
    const received = await asks();
    expect(received.body).toMatchObject({
      status: 'received',
      provider: 'google',
      account: {
        issuer: expect.stringMatching(/^http/),
        subject: expect.any(String),
        label: 'ada-by-mail@example.com',
      },
    });
    expect(JSON.stringify(received.body)).not.toMatch(/token|eyJ|ya29/);
    const done = await app.complete(session.id, back.searchParams.get('code') ?? '', session.verifier);
    expect(done).toMatchObject({ status: 200, body: { account: received.body.account } });
    expect((await asks()).body).toMatchObject({ status: 'completed', account: null });
  });

  test('another account than the expected one: the application cancels, and the grant is revoked', async () => {
    const app = await addApplication(hub.runtime);
    const session = await app.begin({ provider: 'google' });
    await grant(session, { account: 'victim@example.com' });
    const { body } = await app.call('GET', `/connect-sessions/${session.id}`);
    expect(body).toMatchObject({ account: { label: 'victim@example.com' } });
    expect((await app.call('DELETE', `/connect-sessions/${session.id}`)).status).toBe(204);
    const personId = await personOf(session);
    expect(await revokedAnswers(personId)).toMatchObject([{ state: 'revoked_upstream' }]);
    expect(await connectionsOf(personId)).toEqual([]);
    expect((await app.call('GET', `/connect-sessions/${session.id}`)).body).toMatchObject({ account: null });
  });

  test('a key of another application learns no account', async () => {
    const app = await addApplication(hub.runtime);
    const other = await addApplication(hub.runtime);
    const session = await app.begin({ provider: 'google' });
    await grant(session);
    const answer = await app.call('GET', `/connect-sessions/${session.id}`, undefined, other.key);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
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
    const back = await grant(typed);
    expect(back.pathname).toBe('/connect-session/done');
    expect(Object.fromEntries(back.searchParams)).toEqual({ session: session.id });
    const asks = await app.call('GET', `/connect-sessions/${session.id}`);
    expect(asks.body).toMatchObject({ status: 'received', account: { label: expect.stringContaining('@') } });
    const body = { code_verifier: session.verifier };
    const done = await app.call('POST', `/connect-sessions/${session.id}/complete`, body);
    expect(done).toMatchObject({ status: 200, body: { provider: 'google', status: 'connected' } });
  });

  test('its code cannot be guessed from the database: the hash is keyed', async () => {
    const app = await addApplication(hub.runtime);
    const { id, token } = await deviceSession(app);
    const { db } = hub.database;
    const [row] = await db.select().from(connectSessions).where(eq(connectSessions.id, id));
    const plain = token.replace('-', '');
    expect(row?.userCodeHash).toMatch(/^[\w-]{43}$/);
    for (const guess of [token, plain, `user code ${plain}`]) expect(row?.userCodeHash).not.toBe(hashSecret(guess));
    expect(row?.userCodeHash).toBe(userCodeHashOf(hub.runtime, token));
    const other = { ...hub.runtime.config, vaultKeys: [{ kid: 'other', key: randomBytes(32) }] };
    expect(userCodeHashOf({ config: other }, token)).not.toBe(row?.userCodeHash);
  });

  test('that completes before the grant came back is told to wait, and loses nothing', async () => {
    const app = await addApplication(hub.runtime);
    const session = await deviceSession(app);
    const early = await app.complete(session.id, 'x', session.verifier);
    expect(early).toMatchObject({ status: 409, body: { code: 'conflict', detail: expect.stringContaining('yet') } });
    await grant(session);
    expect(await app.complete(session.id, 'x', session.verifier)).toMatchObject({ status: 200 });
  });

  test('without its verifier gets nothing, and the grant is revoked', async () => {
    const app = await addApplication(hub.runtime);
    const session = await deviceSession(app);
    await grant(session);
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
