import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { expect, test } from './fixtures.ts';
import { cookieHeader, ownCookies, send } from './raw-requests.ts';
import { flowWithoutPages, givenConnection, statusWithToken, vend } from './steps.ts';

test.describe('requests from elsewhere', () => {
  test('a start that is not from our own page is refused, and begins nothing', async ({ asUser: page, app, demo }) => {
    const form = { intent: 'connect', provider: 'okta', return_to: '/connections' };
    const elsewhere: [what: string, headers: Record<string, string>][] = [
      ['another site', { origin: 'https://evil.example' }],
      ['a site whose name begins like ours', { origin: 'http://localhost.evil.example' }],
      ['another port', { origin: 'http://localhost:1' }],
      ['a sandboxed frame', { origin: 'null' }],
      ['who knows where', {}],
      ['another site, by what the browser says', { origin: app.url, 'sec-fetch-site': 'cross-site' }],
      ['the same site only', { origin: app.url, 'sec-fetch-site': 'same-site' }],
    ];
    for (const [what, headers] of elsewhere) {
      const answer = await page.request.post('/oauth/start', { headers, form, maxRedirects: 0 });
      expect(answer.status(), what).toBe(403);
      expect(answer.headers().location, what).toBeUndefined();
    }
    // What the sign-in left says only that its flow ended.
    const begun = (await ownCookies(page, app)).filter(({ name }) => !name.startsWith('gk_tx_ended_'));
    expect(begun.map(({ name }) => name)).toEqual(['gk_session']);
    expect(demo.server('okta').counts.last_authorization_request).toBeNull();
  });

  test('a form of ours that another site posts does nothing', async ({ asUser: page, app }) => {
    const id = await givenConnection(page, app, 'okta');
    const path = `/connections/${id}/disconnect`;
    const html = await (await page.request.get(path)).text();
    const action = [...html.matchAll(/name="(\$ACTION_ID_[0-9a-f]+)"/g)].map(([, name = '']) => name).at(-1) ?? '';
    expect(action).not.toBe('');
    const post = (origin: string) =>
      page.request.post(path, { headers: { origin }, multipart: { [action]: '', id }, maxRedirects: 0 });
    const state = async () =>
      (await (await page.request.get(`/connections/${id}`)).text()).includes('This connection is final');

    for (const origin of ['https://evil.example', 'null']) {
      expect((await post(origin)).status(), origin).toBe(403);
      expect(await state(), origin).toBe(false);
    }
    expect((await post(app.url)).status()).toBe(303);
    expect(await state()).toBe(true);
  });

  test('I-02 a link to connect comes back after the sign-in, with the page to end on', async ({ page }) => {
    await page.goto('/connect?provider=okta&return_to=%2Factivity');
    await page.getByRole('button', { name: 'Sign in with Demo' }).click();
    await page.getByRole('button', { name: 'Continue as administrator' }).click();
    await expect(page.getByRole('button', { name: 'Connect Okta' })).toBeVisible();
    expect(new URL(page.url()).search).toBe('?provider=okta&return_to=%2Factivity');
  });

  test('a GET changes nothing', async ({ asUser: page, app }) => {
    const id = await givenConnection(page, app, 'okta');
    const before = await page.context().cookies(app.url);
    const started = await page.request.get('/oauth/start?intent=connect&provider=okta', { maxRedirects: 0 });
    expect(started.status()).toBe(303);
    expect(started.headers().location).toBe('/connect?provider=okta');
    await page.goto('/oauth/start?provider=okta');
    await expect(page.getByRole('button', { name: 'Connect Okta' })).toBeVisible();
    for (const path of [`/connections/${id}/disconnect?id=${id}`, `/connections/${id}/disconnect`, '/account']) {
      await page.goto(path);
    }
    const vending = await page.request.get(`/api/v1/connections/${id}/token`);
    expect(vending.status()).toBe(405);
    expect(vending.headers().allow).toBe('POST');
    await page.goto(`/connections/${id}`);
    await expect(page.getByText('Connected', { exact: true }).first()).toBeVisible();
    expect(await page.context().cookies(app.url)).toEqual(before);
    // Not by counting revocations: one of an earlier story may still be on its way there.
    const { access_token } = await vend(app, id);
    expect(await statusWithToken(app, 'okta', access_token)).toBe(200);
  });
});

test.describe('what a request claims', () => {
  test('a forged Host or X-Forwarded-Host changes neither the redirect URI nor where one is sent', async ({
    asUser: page,
    app,
  }) => {
    const form = 'intent=connect&provider=okta&return_to=/connections';
    const common = {
      cookie: await cookieHeader(page, app),
      origin: app.url,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(form.length),
    };
    const forged: Record<string, string>[] = [
      { host: 'evil.example' },
      { 'x-forwarded-host': 'evil.example' },
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
      { 'x-original-host': 'evil.example', 'x-rewrite-url': '/admin' },
    ];
    for (const headers of forged) {
      const started = await send(`${app.url}/oauth/start`, { ...common, ...headers }, 'POST', form);
      expect(started.status).toBe(303);
      const location = new URL(started.headers.location ?? '');
      expect(location.searchParams.get('redirect_uri')).toBe(`${app.url}/oauth/callback/okta`);
      const home = await send(`${app.url}/`, headers);
      expect(home.status).toBe(307);
      expect(home.headers.location).not.toContain('evil');
      expect((await send(`${app.url}/sign-in`, headers)).body).not.toContain('evil.example');
    }
  });

  test('a foreign origin is not let in by a Host that matches it', async ({ asUser: page, app }) => {
    const form = 'intent=connect&provider=okta&return_to=/connections';
    const headers = {
      cookie: await cookieHeader(page, app),
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      origin: 'http://evil.example',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(form.length),
    };
    expect((await send(`${app.url}/oauth/start`, headers, 'POST', form)).status).toBe(403);
  });

  test('an offer to speak another protocol is passed over, and no socket is kept for it', async ({ app }) => {
    for (const [path, status] of [
      ['/api/v1/connections', 401],
      ['/sign-in', 200],
      ['/_next/webpack-hmr', 404],
    ] as const) {
      const headers = { connection: 'Upgrade', upgrade: 'websocket' };
      expect((await send(app.url + path, headers)).status, path).toBe(status);
    }
  });

  test('a body of 10 MB and a header of 10 MB are refused', async ({ asUser: page, app }) => {
    const size = 10 * 1024 * 1024;
    const cookie = await cookieHeader(page, app);
    for (const path of ['/oauth/start', '/connections', '/api/v1/connections/x/token']) {
      // Refused by its announced length, before a byte of it is read.
      const headers = { cookie, origin: app.url, 'content-length': String(size) };
      const answer = await new Promise<number>((resolve, reject) => {
        const request = httpRequest(app.url + path, { method: 'POST', headers }, (response) => {
          resolve(response.statusCode ?? 0);
          response.resume();
          request.destroy();
        });
        request.once('error', reject);
        request.write('x');
      });
      expect(answer, path).toBe(413);
      // In chunks, by the bytes that came.
      const chunked = { cookie, origin: app.url, 'transfer-encoding': 'chunked' };
      expect((await send(app.url + path, chunked, 'POST', 'x'.repeat(64 * 1024 + 1))).status, path).toBe(413);
      expect((await send(app.url + path, chunked, 'POST', 'x')).status, path).not.toBe(413);
    }
    const before = app.log().length;
    const tooLong = await send(`${app.url}/too-long`, { cookie, 'x-long': 'a'.repeat(size) }).catch(() => null);
    // Node answers 431 and closes; a sender that is still sending may see only the closing.
    if (tooLong) expect(tooLong.status).toBe(431);
    expect((await send(`${app.url}/too-long`, { cookie, 'x-long': 'a'.repeat(20_000) })).status).toBe(431);
    expect(app.log().slice(before)).not.toContain('/too-long');
    expect((await send(`${app.url}/healthz`, {})).status).toBe(200);
  });

  test('no return_to leads off the site', async ({ asUser: page, app }) => {
    const hostile = readFileSync('tests/hostile/return-to.txt', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('# '))
      .map((line) => (line.startsWith('"') ? String(JSON.parse(line)) : line));
    expect(hostile.length).toBeGreaterThanOrEqual(100);
    for (const value of hostile) {
      const answer = await page.request.get(`/sign-in?${new URLSearchParams({ return_to: value })}`, {
        maxRedirects: 0,
      });
      // Zero bytes are refused at the door.
      expect(answer.status(), value).toBe(value.includes('\0') ? 400 : 307);
      expect(new URL(answer.headers().location ?? '', app.url).origin, value).toBe(app.url);
    }
    for (const value of hostile.filter((text, index) => index % 20 === 0 && !text.includes('\0'))) {
      const back = await flowWithoutPages(page, app, { intent: 'connect', provider: 'okta', returnTo: value });
      expect(back.origin, value).toBe(app.url);
      expect(back.searchParams.get('flow'), value).toMatch(/connected/);
    }
  });
});
