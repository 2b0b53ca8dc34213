import { randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { addApplication, returnUrl } from '#tests/application';
import { connectedHub } from '#tests/sdk/connected-hub';
import { Visitor } from '#tests/visitor';
import { createClient, type GrantkeepClient } from '../../sdk/src/client.ts';
import { type ConnectOptions, createConnect, type StartOptions } from '../../sdk/src/connect.ts';

const world = connectedHub(['github']);
const { hub } = world;
const secret = randomBytes(32).toString('base64');
const own = { 'sec-fetch-site': 'same-origin' };
const ada = { id: '42', tenant: 'acme', label: 'Ada' };
let client: GrantkeepClient;
let accounts = 0;

beforeAll(async () => {
  const { key } = await addApplication(hub.runtime);
  client = createClient({ url: world.door.url, apiKey: key });
});

const connect = (options: Partial<ConnectOptions> = {}) => createConnect({ client, returnUrl, secret, ...options });

/** A browser at the application: it keeps the one cookie, and shows it with each request. */
class Browser {
  cookie: string | undefined;
  readonly provider = new Visitor(hub.runtime);

  request(url: string, headers: Record<string, string> = own): Request {
    return new Request(url, { headers: { ...headers, ...(this.cookie ? { cookie: this.cookie } : {}) } });
  }

  async start(asked: Partial<StartOptions> = {}, options: Partial<ConnectOptions> = {}): Promise<string> {
    const request = this.request('https://app.example.com/start');
    const answer = await connect(options).startConnect(request, { user: ada, provider: 'github', ...asked });
    this.cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
    return answer.headers.get('location') ?? '';
  }

  /** Follows the link to the hub, grants there, and answers where the hub leads the browser. */
  async grant(link: string, choices = {}): Promise<string> {
    const token = new URL(link).searchParams.get('token') ?? '';
    const started = await this.provider.start({ intent: 'connect', provider: 'github', connect_session: token });
    accounts += 1;
    const account = `account-${accounts}@example.com`;
    const answer = await this.provider.callback(await this.provider.authorize(started, { account, ...choices }));
    return answer.headers.get('location') ?? '';
  }

  finish(back: string, user = ada, options: Partial<ConnectOptions> = {}) {
    return connect(options).finishConnect(this.request(back, { 'sec-fetch-site': 'cross-site' }), { user });
  }
}

const sessionOf = async (back: string) =>
  (
    await hub.database.db
      .select()
      .from(connectSessions)
      .where(eq(connectSessions.id, new URL(back).searchParams.get('session') ?? ''))
  )[0];

const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'finished',
    (error: { code: string }) => error.code,
  );

/** The session of that answer is over, and its grant with it. */
const expectEnded = async (back: string) =>
  expect(await sessionOf(back)).toMatchObject({ status: 'failed', error: 'connect_session_mismatch', heldGrant: null });

test('a user connects in the browser that began, and the application gets their token', async () => {
  const browser = new Browser();
  const { startConnect } = connect();
  const answer = await startConnect(browser.request('https://app.example.com/start'), {
    user: ada,
    provider: 'github',
  });
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toMatch(/\/connect-session\?token=/);
  const [cookie = ''] = answer.headers.getSetCookie();
  expect(cookie).toMatch(
    /^__Host-grantkeep-connect=[\w-]{100,}; Path=\/; Max-Age=1200; HttpOnly; SameSite=Lax; Secure$/,
  );
  const link = await browser.start();
  const back = await browser.grant(link);
  const connection = await browser.finish(back);
  expect(connection).toMatchObject({ provider: 'github', status: 'connected' });
  expect((await client.getToken(connection)).provider).toBe('github');
  expect(await refused(browser.finish(back))).toBe('connect_session_over');
});

test('requests of Node do as well, and on loopback the cookie needs no TLS', async () => {
  const loopback = 'http://127.0.0.1:3999/connected';
  const { key } = await addApplication(hub.runtime, { returnUrls: [loopback] });
  const { startConnect, finishConnect } = createConnect({
    ...{ secret, returnUrl: loopback },
    client: createClient({ url: world.door.url, apiKey: key }),
  });
  const answer = await startConnect({ url: '/start', headers: own }, { user: ada, provider: 'github' });
  const [cookie = ''] = answer.headers.getSetCookie();
  expect(cookie).toMatch(/^grantkeep-connect=[\w-]+; Path=\/; Max-Age=1200; HttpOnly; SameSite=Lax$/);
  const { pathname, search } = new URL(await new Browser().grant(answer.headers.get('location') ?? ''));
  const headers = { cookie: `theme=dark; ${cookie.split(';')[0]}; x=y` };
  expect(await finishConnect({ url: pathname + search, headers }, { user: ada })).toMatchObject({
    status: 'connected',
  });
});

test('several tabs of one browser connect at one time, and the cookie stays small', async () => {
  const browser = new Browser();
  const links: string[] = [];
  for (let tab = 0; tab < 7; tab++) links.push(await browser.start());
  expect(browser.cookie?.length).toBeLessThan(2000);
  const outcomes: string[] = [];
  for (const link of links) outcomes.push(await refused(browser.finish(await browser.grant(link))));
  const [over, done] = ['connect_not_begun', 'finished'];
  expect(outcomes).toEqual([over, over, done, done, done, done, done]);
});

test('the cookie stays as small where ids are long', async () => {
  const browser = new Browser();
  const user = { id: '漢'.repeat(200), tenant: '字'.repeat(200), label: 'Ada' };
  for (let tab = 0; tab < 5; tab++) await browser.start({ user });
  expect(browser.cookie?.length).toBeLessThan(2000);
  const back = await browser.grant(await browser.start({ user }));
  expect(await refused(browser.finish(back, { ...user, id: `${user.id.slice(1)}x` }))).toBe('connect_not_begun');
});

describe('an app on a phone', () => {
  /** The app's own requests to its server: no browser says where they come from, and its HTTP client keeps cookies. */
  const appRequest = (url: string, cookie?: string) => new Request(url, { headers: cookie ? { cookie } : {} });

  async function begin() {
    const answer = await connect().startConnect(appRequest('https://app.example.com/start'), {
      user: ada,
      provider: 'github',
    });
    const [cookie = ''] = answer.headers.getSetCookie();
    return { link: answer.headers.get('location') ?? '', cookie: cookie.split(';')[0] ?? '' };
  }

  test('begins, lets the system’s browser go through the pages, and finishes with the app link that comes back', async () => {
    const { link, cookie } = await begin();
    const back = await new Browser().grant(link);
    expect(back.startsWith(`${returnUrl}?`)).toBe(true);
    expect(await connect().finishConnect(appRequest(back, cookie), { user: ada })).toMatchObject({
      status: 'connected',
    });
  });

  test('that gets the app link of a handed-on link has not begun it, and connects nothing', async () => {
    const { link } = await begin();
    const victim = await begin();
    const back = await new Browser().grant(link);
    expect(await refused(connect().finishConnect(appRequest(back, victim.cookie), { user: ada }))).toBe(
      'connect_not_begun',
    );
    await expectEnded(back);
  });

  test('that is not installed: the browser opens the page itself, which connects nothing', async () => {
    const browser = new Browser();
    const back = await browser.grant((await begin()).link);
    expect(await refused(browser.finish(back))).toBe('connect_not_begun');
    await expectEnded(back);
  });
});

describe('a link that was handed on', () => {
  test('connects nothing: the victim’s browser has no verifier, and the grant is revoked at once', async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const back = await victim.grant(await attacker.start());
    expect(await refused(victim.finish(back))).toBe('connect_not_begun');
    await expectEnded(back);
    expect(await refused(attacker.finish(back))).toBe('connect_session_over');
  });

  test('connects nothing where the victim began a connection of their own', async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const link = await victim.start({ user: { id: '7' } });
    const back = await victim.grant(await attacker.start());
    expect(await refused(victim.finish(back, { ...ada, id: '7' }))).toBe('connect_not_begun');
    await expectEnded(back);
    expect(await refused(victim.finish(await victim.grant(link), { id: '7' } as typeof ada))).toBe('finished');
  });

  test('connects nothing where the attacker’s cookie was planted, since another user is signed in', async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const back = await victim.grant(await attacker.start());
    victim.cookie = attacker.cookie;
    expect(await refused(victim.finish(back, { ...ada, id: '7' }))).toBe('connect_not_begun');
    await expectEnded(back);
    for (const other of [{ ...ada, tenant: 'other' }, { id: '42' }]) {
      const browser = new Browser();
      const answer = await browser.grant(await browser.start());
      expect(await refused(browser.finish(answer, other as typeof ada))).toBe('connect_not_begun');
    }
  });

  test('gives its attacker no code', async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const back = new URL(await victim.grant(await attacker.start()));
    back.searchParams.delete('code');
    expect(await refused(attacker.finish(back.href))).toBe('connect_not_begun');
    back.searchParams.set('code', 'guessed');
    expect(await refused(attacker.finish(back.href))).toBe('connect_session_mismatch');
    await expectEnded(back.href);
  });
});

test('the cookie opens under its own secrets only, whole, and for twenty minutes', async () => {
  const browser = new Browser();
  const begin = async () => browser.grant(await browser.start());
  const newer = randomBytes(32).toString('base64');
  expect(await refused(browser.finish(await begin(), ada, { secret: [newer, secret] }))).toBe('finished');
  expect(await refused(browser.finish(await begin(), ada, { secret: newer }))).toBe('connect_not_begun');
  for (const spoil of [
    (cookie: string) => cookie.slice(0, -8),
    (cookie: string) => cookie.replace(/=(.)/, (_, first: string) => `=${first === 'A' ? 'B' : 'A'}`),
    (cookie: string) => `${cookie}; ${cookie}`,
    (cookie: string) => cookie.replace('__Host-', ''),
    () => '__Host-grantkeep-connect=',
  ]) {
    const back = await begin();
    browser.cookie = spoil(browser.cookie ?? '');
    expect(await refused(browser.finish(back))).toBe('connect_not_begun');
    browser.cookie = undefined;
  }
  const renamed = await begin();
  browser.cookie = browser.cookie?.replace('__Host-', '');
  expect(await refused(browser.finish(renamed, ada, { returnUrl: 'http://localhost:3999/' }))).toBe(
    'connect_not_begun',
  );
  browser.cookie = undefined;
  const late = await begin();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_201_000 });
  expect(await refused(browser.finish(late))).toBe('connect_not_begun');
  vi.useRealTimers();
});

test('a page of another site begins nothing', async () => {
  const sessions = () => hub.database.db.$count(connectSessions);
  const before = await sessions();
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];
  for (const headers of foreign) {
    const request = new Request('https://app.example.com/start', { method: 'POST', headers });
    expect(await refused(connect().startConnect(request, { user: ada }))).toBe('wrong_origin');
  }
  expect(await sessions()).toBe(before);
});

test('what the hub says of a refused grant is the error, for the user who began only', async () => {
  const browser = new Browser();
  const back = await browser.grant(await browser.start(), { deny: true });
  expect(await refused(new Browser().finish(back))).toBe('connect_not_begun');
  expect(await refused(browser.finish(back))).toBe('access_denied');
  const made = `${returnUrl}?session=${new URL(back).searchParams.get('session')}&error=<script>`;
  expect(await refused(browser.finish(made))).toBe('connect_not_begun');
  expect(await refused(browser.finish(`${returnUrl}?session=../x&code=y`))).toBe('connect_not_begun');
});

test('a secret that can be guessed and a return address in the open are refused', () => {
  for (const bad of ['short', [], [secret, 'short'], undefined as unknown as string])
    expect(() => connect({ secret: bad })).toThrow(TypeError);
  expect(() => connect({ returnUrl: 'http://app.example.com/connected' })).toThrow(TypeError);
});
