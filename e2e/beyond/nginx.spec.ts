import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from '@playwright/test';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { beginSession } from '#lib/sign-in/sessions';
import { addPerson } from '#tests/hub';
import { json, listenOnLoopback } from '#tests/servers/loopback';
import { CookieMap } from '#tests/visitor';
import { storyDatabase } from '../story-database.ts';
import { startHubs } from './hubs.ts';
import { startNginx } from './nginx.ts';

/** A server with metadata that names an endpoint of 2,900 characters. */
async function longServer() {
  const server = createServer(async (asked, response) => {
    const { issuer } = state;
    await text(asked);
    if (asked.url?.startsWith('/.well-known/')) {
      const authorization_endpoint = `${issuer}/authorize?tenant=`.padEnd(2_900, 't');
      const document = { issuer, authorization_endpoint, token_endpoint: `${issuer}/token` };
      return json(response, 200, { ...document, userinfo_endpoint: `${issuer}/userinfo` });
    }
    if (asked.url === '/token')
      return json(response, 200, { access_token: 'at-long', token_type: 'bearer', expires_in: 3600 });
    json(response, 200, { sub: 'ada' });
  });
  const { port, close } = await listenOnLoopback(server);
  const state = { issuer: `http://127.0.0.1:${port}` };
  return { ...state, close };
}

/** What the table of docs/deployment.md says of a header: its first numbers, in characters or bytes. */
function documented(header: string): number[] {
  const page = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
  const row = page.split('\n').find((line) => line.startsWith(`| ${header} |`)) ?? '';
  const numbers = [...row.slice(header.length).matchAll(/\d[\d,]*/g)].map(([text]) => Number(text.replaceAll(',', '')));
  if (numbers.length === 0) throw new Error(`The table of docs/deployment.md has no numbers of ${header}`);
  return numbers;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The longest of each that went over the wire. */
const measured = { cookie: 0, policy: 0, start: 0, callback: 0, flow: 0 };

/** A browser that takes long headers, with its cookies. */
function browserAt(url: string, origin: string, cookies: Map<string, string>) {
  return (path: string, form?: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const body = form && new URLSearchParams(form).toString();
      const headers = {
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        ...(body && { origin, 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }),
      };
      const asked = request(`${url}${path}`, { method: body ? 'POST' : 'GET', headers, maxHeaderSize: 65_536 });
      measured.cookie = Math.max(measured.cookie, headers.cookie.length);
      asked.on('error', reject).on('response', async (response) => {
        measured.policy = Math.max(measured.policy, response.headers['content-security-policy']?.length ?? 0);
        for (const line of response.headers['set-cookie'] ?? []) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          if (value !== '' && name.startsWith('gk_tx_')) measured.flow = Math.max(measured.flow, line.length);
          if (value === '') cookies.delete(name);
          else cookies.set(name, value);
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
      });
      asked.end(body);
    });
}

test('P-25 the longest of everything goes through nginx as the documentation sets it up', async () => {
  const story = await storyDatabase('postgres');
  const databaseUrl = String(story.environment.DATABASE_URL);
  const server = await longServer();
  const scopes = Array.from({ length: 260 }, (_, n) => `https://api.example/auth/${String(n).padStart(33, 'x')}`);
  const record = {
    ...{ id: 'long', name: 'Long', issuer: server.issuer, discovery: 'oauth2', client_id: 'hub', client_secret: 's' },
    ...{ scopes, identity: { source: 'userinfo' }, revoke: { style: 'none' } },
  };
  const environment = { TRUSTED_PROXIES: '127.0.0.1' };
  const { hubs, runtimeAt, close } = await startHubs({ count: 1, databaseUrl, environment, records: [record] });
  const [hub] = hubs;
  const nginx = await startNginx(hub?.port ?? 0).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  try {
    const runtime = runtimeAt(databaseUrl);
    const { id, ctx } = await addPerson(runtime);
    const session = await beginSession(runtime.database.db, ctx(), { id, role: 'user' });
    const jar = new CookieMap();
    await writeSessionId(runtime.config, jar, session.id, session.seconds);
    const cookies = new Map(jar.values);
    const go = browserAt(nginx.url, hub?.url.replace('127.0.0.1', 'localhost') ?? '', cookies);
    const returnTo = `/connections?x=${'a'.repeat(480)}`.padEnd(500, 'b');

    // Five are abandoned; the sixth goes to its end.
    let location = '';
    for (let n = 0; n < 6; n++) {
      const started = await go('/oauth/start', { intent: 'connect', provider: 'long', return_to: returnTo });
      expect(started.status, nginx.log()).toBe(303);
      location = started.headers.location ?? '';
      measured.start = Math.max(measured.start, location.length);
    }
    expect(cookies.size).toBe(6);
    for (const [name, value] of cookies) expect(name.length + value.length).toBeLessThanOrEqual(700);

    const state = new URL(location).searchParams.get('state') ?? '';
    const back = new URLSearchParams({ code: 'c'.repeat(10_000), state });
    const ended = await go(`/oauth/callback/long?${back}`);
    expect(ended.status, nginx.log()).toBe(303);
    measured.callback = ended.headers.location?.length ?? 0;
    expect(ended.headers.location).toMatch(/^\/connections\?x=a+.*flow=connected/);
    expect((await go(ended.headers.location ?? '')).status).toBe(200);

    // The hub answers a header that is too long, and no error of the proxy does.
    expect((await go(`/oauth/callback/long?code=${'c'.repeat(15_500)}`)).status).toBe(431);

    const [longestStart = 0] = documented('`Location` of `/oauth/start`');
    const [returned = 0, outcome = 0] = documented('`Location` of the callback');
    const [flow = 0] = documented('`Set-Cookie`');
    const [policy = 0] = documented('`Content-Security-Policy`');
    const [cookie = 0] = documented('`Cookie` from the browser');
    // Near to the documented lengths, so that the table is no guess, and never above them.
    for (const [seen, most] of [
      [measured.start, longestStart],
      [measured.callback, returned + outcome],
      [measured.flow, flow],
      [measured.policy, policy],
      [measured.cookie, cookie],
    ] as const) {
      expect(seen).toBeLessThanOrEqual(most);
      expect(seen).toBeGreaterThan(0.75 * most);
    }

    // Without the session, as after ten minutes: signing in is not locked out.
    for (const name of cookies.keys()) if (!name.startsWith('gk_tx_')) cookies.delete(name);
    const page = await go('/sign-in');
    expect([page.status, page.body.includes('Sign in')]).toEqual([200, true]);
  } finally {
    await nginx.close();
    await close();
    await server.close();
    await story.close();
  }
});
