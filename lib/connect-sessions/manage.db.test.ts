import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { findManaged, listManaged } from '#lib/connect-sessions/managed';
import { getConnection } from '#lib/connections/get';
import { connectionHistory } from '#lib/connections/history';
import { listServices } from '#lib/connections/services';
import { apiKeys } from '#lib/db/schema/api-keys';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { people } from '#lib/db/schema/people';
import { hashSecret } from '#lib/ids';
import { revokeConnection } from '#lib/revocation/revoke';
import { handleDisconnectManaged, handleOpenManaged, managedPage } from '#lib/web/manage-request';
import { addApplication } from '#tests/application';
import { type App, connectSessionHub, type Session } from '#tests/connect-sessions';
import { addApiKey, entries, freeze } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const { hub, grant, statusOf, personOf, connectionsOf, revokedAnswers } = connectSessionHub();
const origin = () => hub.runtime.config.appUrl.origin;

/** An application with a key that may show a person their connections. */
async function addManager() {
  const app = await addApplication(hub.runtime);
  const key = await app.addKey({
    scopes: ['connections:create', 'connections:read', 'connections:revoke', 'tokens:vend'],
  });
  return { ...app, key, manage: (asked = {}) => app.begin({ manage: true, ...asked }, key) };
}

async function connected(app: App, user: Record<string, string> = { id: '42', label: 'Ada' }): Promise<string> {
  const session = await app.begin({ user });
  const back = await grant(session, { provider: 'github' });
  return String((await app.complete(session.id, back.searchParams.get('code'), session.verifier)).body.id);
}

/** Follows the link, and answers where the browser is led. */
async function open(browser: Visitor, { token }: Pick<Session, 'token'>, headers: Record<string, string> = {}) {
  const request = new Request(`${origin()}/connect-session/open?token=${token}`, { headers });
  return handleOpenManaged(await browser.context(request.headers), request, browser.jar);
}

async function disconnect(browser: Visitor, id: string, connection: string, headers: Record<string, string> = {}) {
  const request = new Request(`${origin()}/connect-session/manage/${id}/disconnect`, {
    method: 'POST',
    headers: { origin: origin(), ...headers },
    body: new URLSearchParams({ connection }),
  });
  return handleDisconnectManaged(await browser.context(request.headers), request, browser.jar, id);
}

const shown = async (browser: Visitor, id: string) => managedPage(await browser.context(), browser.jar, id);
const over = 'This link was used already';
const pathOf = (answer: Response) => new URL(answer.headers.get('location') ?? '', origin()).pathname;

async function opened(app: Awaited<ReturnType<typeof addManager>>, asked = {}) {
  const session = await app.manage(asked);
  const browser = new Visitor(hub.runtime);
  expect(pathOf(await open(browser, session))).toBe(`/connect-session/manage/${session.id}`);
  return { session, browser };
}

test('a person sees their connections, who read them and what for, and ends one; the provider is told, the ledger says who', async () => {
  const app = await addManager();
  const id = await connected(app);
  await connected(app, { id: '43' });
  const elsewhere = await addManager();
  await addApiKey(hub.runtime, { scopes: ['tokens:vend'], name: 'of another', applicationId: elsewhere.id });
  await app.call('POST', `/connections/${id}/token`);
  const { session, browser } = await opened(app);
  const { ctx, label } = await shown(browser, session.id);
  expect(label).toBe('Ada');
  expect((await listManaged(ctx)).map((one) => one.id)).toEqual([id]);
  const services = (await listServices(ctx, { id })).services;
  expect(services.filter(({ days }) => days.some((reads) => reads > 0))).toHaveLength(1);
  expect(services.map(({ name }) => name)).not.toContain('of another');
  expect((await connectionHistory(ctx, { id, plain: true })).map(({ sentence }) => sentence)).toContain('Used');

  const answer = await disconnect(browser, session.id, id);
  expect(pathOf(answer)).toBe(`/connect-session/manage/${session.id}/${id}`);
  expect(await revokedAnswers(await personOf(session))).toMatchObject([{ state: 'revoked_upstream' }]);
  const told = (await entries(hub.runtime)).find(
    (one) => one.action === 'connection.revoked' && one.details.connect_session === session.id,
  );
  expect(told).toMatchObject({
    actorId: await personOf(session),
    details: { application: app.id, connect_session: session.id },
  });
  expect((await app.call('POST', `/connections/${id}/token`)).status).toBe(409);
});

test('a reconnect is completed by the application with the verifier of the browser that came from it, and ends the page', async () => {
  const app = await addManager();
  const session = await app.begin();
  const account = 'reconnects@example.com';
  const first = await grant(session, { provider: 'github', account });
  const { id } = (await app.complete(session.id, first.searchParams.get('code'), session.verifier)).body;
  const { session: managing, browser } = await opened(app);
  const fields = { intent: 'connect', provider: 'github', connection_id: String(id), manage: managing.id };
  const back = await browser.callback(await browser.authorize(await browser.start(fields), { account }));
  const { searchParams } = new URL(back.headers.get('location') ?? '');
  expect(searchParams.get('session')).toBe(managing.id);
  await expect(shown(browser, managing.id)).rejects.toThrow(over);
  const done = await app.complete(managing.id, searchParams.get('code'), managing.verifier);
  expect(done).toMatchObject({ status: 200, body: { id, status: 'connected' } });
});

describe('the hostile matrix of the page of connections', () => {
  test('a link that was stolen after its opening, or is followed in a second browser, shows nothing', async () => {
    const app = await addManager();
    const { session, browser } = await opened(app);
    const thief = new Visitor(hub.runtime);
    expect(pathOf(await open(thief, session))).toBe('/connect-session/manage/over');
    await expect(shown(thief, session.id)).rejects.toThrow(over);
    // Neither does the link begin anything else.
    const started = await thief.start({ intent: 'connect', provider: 'github', connect_session: session.token });
    expect(started.headers.get('location')).toContain('flow=connect_session_over');
    // Nor does its address: a person of an application is led to no page of the hub's own.
    const fields = { intent: 'connect', provider: 'github', connection_id: 'con_x', manage: session.id };
    expect(pathOf(await thief.start(fields))).toBe('/connect-session/manage/over');
    await expect(shown(browser, session.id)).resolves.toMatchObject({ label: 'Ada' });
  });

  test('a link that was not opened begins no flow, and a link to connect opens no page', async () => {
    const app = await addManager();
    const session = await app.manage();
    const browser = new Visitor(hub.runtime);
    const started = await browser.start({ intent: 'connect', provider: 'github', connect_session: session.token });
    expect(started.headers.get('location')).toContain('flow=connect_session_over');
    expect(pathOf(await open(browser, await app.begin()))).toBe('/connect-session/manage/over');
    expect(await statusOf(session.id)).toMatchObject({ openedAt: null });
  });

  test.each<[string, Record<string, string>]>([
    ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }],
    ['a picture', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }],
    ['a browser that looks ahead', { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' }],
  ])('%s does not use the link up', async (_what, headers) => {
    const app = await addManager();
    const session = await app.manage();
    const browser = new Visitor(hub.runtime);
    expect((await open(browser, session, headers)).status).toBe(403);
    expect(browser.jar.getAll()).toEqual([]);
    expect(await statusOf(session.id)).toMatchObject({ openedAt: null });
  });

  test('a form of another site ends nothing', async () => {
    const app = await addManager();
    const id = await connected(app);
    const { session, browser } = await opened(app);
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) expect((await disconnect(browser, session.id, id, headers)).status).toBe(403);
    expect((await getConnection((await shown(browser, session.id)).ctx, { id })).status).toBe('connected');
  });

  test('the connection of another person or application is not there', async () => {
    const [app, other] = [await addManager(), await addManager()];
    const foreign = [await connected(app, { id: 'other' }), await connected(other), `con_${'0'.repeat(32)}`];
    const { session, browser } = await opened(app);
    const { ctx } = await shown(browser, session.id);
    for (const id of foreign) {
      expect((await disconnect(browser, session.id, id)).status).toBe(404);
      for (const read of [getConnection, connectionHistory, listServices])
        await expect(read(ctx, { id })).rejects.toMatchObject({ code: 'not_found' });
      const fields = { intent: 'connect', provider: 'github', connection_id: id, manage: session.id };
      const { headers } = await browser.start(fields);
      expect(headers.get('location')).toMatch(/\/manage\/cns_\w+\?flow=not_found/);
    }
    const [, second] = [await opened(other), await opened(other)];
    await expect(shown(browser, second.session.id)).rejects.toThrow(over);
  });

  test('one browser with the pages of two applications keeps them apart', async () => {
    const [one, two] = [await addManager(), await addManager()];
    const [id] = [await connected(one), await connected(two)];
    const { session, browser } = await opened(one);
    const second = await two.manage();
    await open(browser, second);
    expect((await listManaged((await shown(browser, session.id)).ctx)).map((view) => view.id)).toEqual([id]);
    expect((await disconnect(browser, second.id, id)).status).toBe(404);
  });

  test.each<[string, (app: App, session: Session) => Promise<unknown>]>([
    ['was cancelled', (app, session) => app.call('DELETE', `/connect-sessions/${session.id}`)],
    [
      'is older than ten minutes',
      (_app, { id }) =>
        hub.database.db
          .update(connectSessions)
          .set({ expiresAt: sql`now() - interval '1 second'` })
          .where(eq(connectSessions.id, id)),
    ],
    [
      'is of a disabled application',
      (app) => hub.database.db.update(applications).set({ disabledAt: new Date() }).where(eq(applications.id, app.id)),
    ],
    [
      'is of a disabled person',
      async (_app, session) =>
        hub.database.db
          .update(people)
          .set({ disabledAt: new Date() })
          .where(eq(people.id, await personOf(session))),
    ],
    [
      'is of a revoked key',
      (app) =>
        hub.database.db
          .update(apiKeys)
          .set({ revokedAt: new Date() })
          .where(eq(apiKeys.keyHash, hashSecret(app.key))),
    ],
    [
      'is of an expired key',
      (app) =>
        hub.database.db
          .update(apiKeys)
          .set({ expiresAt: sql`now() - interval '1 second'` })
          .where(eq(apiKeys.keyHash, hashSecret(app.key))),
    ],
    ['is of a frozen key', async (_app, { id }) => freeze(hub.runtime, 'api_key', (await statusOf(id))?.apiKeyId)],
  ])('a page that %s shows nothing, and ends nothing', async (_what, shutOut) => {
    const app = await addManager();
    const id = await connected(app);
    const { session, browser } = await opened(app);
    const late = await shown(browser, session.id);
    await shutOut(app, session);
    await expect(shown(browser, session.id)).rejects.toThrow(over);
    expect(pathOf(await disconnect(browser, session.id, id))).toBe('/connect-session/manage/over');
    // Also where the page was read before that happened.
    await expect(revokeConnection(late.ctx, { id })).rejects.toThrow(over);
    expect((await connectionsOf(await personOf(session))).map(({ status }) => status)).toEqual(['connected']);
  });

  test('while everything is frozen, a person may look and end, and nothing is reconnected', async () => {
    const app = await addManager();
    const id = await connected(app);
    const { session, browser } = await opened(app);
    await freeze(hub.runtime, 'person', await personOf(session));
    const fields = { intent: 'connect', provider: 'github', connection_id: id, manage: session.id };
    expect((await browser.start(fields)).headers.get('location')).toContain('flow=frozen');
    expect((await listManaged((await shown(browser, session.id)).ctx)).map(({ status }) => status)).toEqual(['frozen']);
    expect((await disconnect(browser, session.id, id)).status).toBe(303);
  });

  test('a cookie that was altered, or another page’s, opens nothing', async () => {
    const app = await addManager();
    const { session, browser } = await opened(app);
    const [cookie] = browser.jar.getAll();
    browser.jar.values.set(cookie?.name ?? '', (cookie?.value ?? '').replace(/.{9}$/, 'A'.repeat(9)));
    await expect(shown(browser, session.id)).rejects.toThrow(over);
    const attributes = browser.jar.attributes.get(cookie?.name ?? '');
    expect(attributes).toMatchObject({ httpOnly: true, sameSite: 'lax' });
    await expect(findManaged(await browser.context(), { id: session.id, secret: session.token })).rejects.toThrow(over);
  });

  test('a key that may not read or revoke gets no link, and a page takes nothing that the person chooses', async () => {
    const app = await addManager();
    const less = await app.addKey({ scopes: ['connections:create', 'connections:read'] });
    const asked = { user: { id: '1' }, manage: true, return_url: 'https://app.example.com/connected' };
    const challenged = { ...asked, code_challenge: hashSecret('x') };
    expect((await app.call('POST', '/connect-sessions', challenged, less)).status).toBe(403);
    for (const more of [{ provider: 'github' }, { connection: 'con_x' }, { scopes: ['user'] }, { device: true }])
      expect((await app.call('POST', '/connect-sessions', { ...challenged, ...more }, app.key)).status).toBe(400);
    expect((await app.call('POST', '/connect-sessions', asked, app.key)).status).toBe(400);
  });

  test('an application that may connect no more still shows what is connected, and can end the page', async () => {
    const app = await addManager();
    const id = await connected(app);
    const narrowed = { providers: ['gone'] };
    await hub.database.db.update(applications).set(narrowed).where(eq(applications.id, app.id));
    const { session, browser } = await opened(app);
    const { ctx, reconnects } = await shown(browser, session.id);
    expect((await listManaged(ctx)).map((one) => one.id)).toEqual([id]);
    expect(reconnects('github')).toBe(false);
    const fields = { intent: 'connect', provider: 'github', connection_id: id, manage: session.id };
    expect((await browser.start(fields)).headers.get('location')).toContain('flow=unknown_provider');
    expect((await app.call('DELETE', `/connect-sessions/${session.id}`)).status).toBe(204);
    await expect(shown(browser, session.id)).rejects.toThrow(over);
  });

  test('a key for one provider shows the connections there alone', async () => {
    const app = await addManager();
    const id = await connected(app);
    const scopes: ('connections:create' | 'connections:read' | 'connections:revoke')[] = [
      'connections:create',
      'connections:read',
      'connections:revoke',
    ];
    const key = await app.addKey({ scopes, providers: ['google'] });
    const session = await app.begin({ manage: true }, key);
    const browser = new Visitor(hub.runtime);
    await open(browser, session);
    const { ctx } = await shown(browser, session.id);
    expect(await listManaged(ctx)).toEqual([]);
    await expect(getConnection(ctx, { id })).rejects.toMatchObject({ code: 'not_found' });
    expect((await disconnect(browser, session.id, id)).status).toBe(404);
  });
});
