import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIResponse } from '@playwright/test';
import { freePort } from '#scripts/postgres-server';
import { end, start } from '#scripts/processes';
import { expect, test } from './fixtures.ts';
import { ownCookies, send } from './raw-requests.ts';
import { flowUpToCallback, givenConnection, signInAs, someone } from './steps.ts';

test.describe('headers', () => {
  test('every kind of answer has the headers that belong on it', async ({ asUser: page, newPage, app }) => {
    const nobody = await newPage();
    const id = await givenConnection(page, app, 'okta');
    const html = await (await page.request.get('/connections')).text();
    const script = /\/_next\/static\/[^"]+\.js/.exec(html)?.[0] ?? '';
    const kinds: [kind: string, is: 'page' | 'refusal' | 'other', answer: APIResponse][] = [
      ['a page for anybody', 'page', await nobody.request.get('/sign-in')],
      ['a page of one’s own', 'page', await page.request.get(`/connections/${id}`)],
      ['a page that does not exist', 'page', await page.request.get('/nothing')],
      ['a page that is not for this person', 'page', await page.request.get('/admin/people')],
      ['a page under the API that does not exist', 'page', await page.request.get('/api/nothing')],
      ['a page beside the callback that does not exist', 'page', await page.request.get('/oauth/nothing')],
      ['a redirect to sign in', 'page', await nobody.request.get('/connections', { maxRedirects: 0 })],
      ['a callback that is refused', 'refusal', await nobody.request.get('/oauth/callback?code=a&state=b')],
      ['a start from elsewhere', 'refusal', await nobody.request.post('/oauth/start')],
      ['a link to start', 'other', await page.request.get('/oauth/start', { maxRedirects: 0 })],
      ['the API’s description', 'other', await nobody.request.get('/api/v1/openapi.json')],
      ['a refusal of the API', 'other', await nobody.request.get('/api/v1/connections')],
      ['an address the API does not have', 'other', await nobody.request.get('/api/v1/nothing')],
      ['a script', 'other', await nobody.request.get(script)],
      ['a style sheet', 'other', await nobody.request.get('/plain.css')],
      ['an icon', 'other', await nobody.request.get('/icon.svg')],
      ['the icon that browsers ask for by themselves', 'page', await nobody.request.get('/favicon.ico')],
      ['health', 'other', await nobody.request.get('/healthz')],
    ];
    for (const [kind, , answer] of kinds.filter(([kind]) => kind.includes('icon')))
      expect.soft([answer.status(), answer.headers()['content-type']], kind).toEqual([200, 'image/svg+xml']);
    for (const [kind, is, answer] of kinds) {
      const headers = answer.headers();
      expect.soft(headers['x-content-type-options'], kind).toBe('nosniff');
      expect.soft(headers['cross-origin-resource-policy'], kind).toBe('same-origin');
      expect.soft(headers['x-powered-by'], kind).toBeUndefined();
      expect.soft(headers['access-control-allow-origin'], kind).toBeUndefined();
      if (is === 'other') continue;
      const policy = headers['content-security-policy'] ?? '';
      for (const directive of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
        expect.soft(policy, kind).toContain(directive);
      }
      expect.soft(policy, kind).not.toContain('unsafe-inline');
      expect.soft(policy, kind).not.toContain('unsafe-eval');
      expect.soft(headers['cross-origin-opener-policy'], kind).toBe('same-origin');
      expect.soft(headers['cache-control'], kind).toContain('no-store');
      expect.soft(headers['referrer-policy'], kind).toBe(is === 'page' ? 'same-origin' : 'no-referrer');
      if (is === 'page') expect.soft(policy, kind).toMatch(/script-src 'nonce-[\w-]{24}' 'strict-dynamic';/);
    }
  });

  test('Next’s image optimiser fetches none of our addresses', async ({ newPage }) => {
    const nobody = await newPage();
    for (const url of ['/sign-in', '/oauth/callback', '/icon.svg']) {
      const answer = await nobody.request.get(`/_next/image?url=${encodeURIComponent(url)}&w=64&q=75`);
      expect(answer.status(), url).toBe(404);
    }
  });

  test('the nonce of a page differs each time and is the one on its scripts', async ({ newPage }) => {
    const page = await newPage();
    const nonces = new Set<string>();
    for (let time = 0; time < 3; time++) {
      const answer = await page.request.get('/sign-in');
      const nonce = /'nonce-([\w-]+)'/.exec(answer.headers()['content-security-policy'] ?? '')?.[1] ?? '';
      nonces.add(nonce);
      const scripts = [...(await answer.text()).matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag);
      expect(scripts.length).toBeGreaterThan(0);
      for (const tag of scripts) expect(tag).toContain(`nonce="${nonce}"`);
    }
    expect(nonces.size).toBe(3);
  });

  test('a script that got into the page does not run, and is reported', async ({
    asUser: page,
    app,
    expectedConsole,
  }) => {
    expectedConsole.push(/Content Security Policy/);
    const injected = `<script>window.name = 'taken'</script><img src="/icon.svg" onload="window.name = 'taken'">`;
    await page.route('**/account', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace('</body>', `${injected}</body>`);
      await route.fulfill({ response, body });
    });
    const refusals: string[] = [];
    const before = app.log().length;
    page.on('console', (message) => refusals.push(message.text()));
    await page.goto('/account');
    await expect.poll(() => refusals.filter((text) => text.includes('Content Security Policy')).length).toBe(2);
    await expect.poll(() => app.log().slice(before)).toMatch(/"\/policy-report".*204|204.*"\/policy-report"/);
    expect(await page.evaluate(() => window.name)).toBe('');
  });

  test('the answer to a callback is an empty 303 that leaves no trace of the code', async ({ asUser: page, app }) => {
    const callback = await flowUpToCallback(page, app, { intent: 'connect', provider: 'okta' });
    const answer = await page.request.get(callback.href, { maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    expect(await answer.text()).toBe('');
    expect(answer.headers()).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(answer.headers().location).not.toContain(callback.searchParams.get('code'));
    expect(new URL(answer.headers().location ?? '', app.url).origin).toBe(app.url);
  });
});

test.describe('cookies', () => {
  test('every cookie is HttpOnly and Lax, and a flow’s lives ten minutes and goes with it', async ({
    asUser: page,
    app,
  }) => {
    await page.getByRole('button', { name: 'Dark theme' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    const callback = await flowUpToCallback(page, app, { intent: 'connect', provider: 'okta' });
    const cookies = await ownCookies(page, app);
    const hasEnded = ({ name }: { name: string }) => name.startsWith('gk_tx_ended_');
    const live = cookies.filter((cookie) => !hasEnded(cookie));
    expect(live.map(({ name }) => name.replace(/_tx_.*/, '_tx')).sort()).toEqual(['gk_session', 'gk_theme', 'gk_tx']);
    for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
    const flow = live.find(({ name }) => name.startsWith('gk_tx_'));
    expect((flow?.expires ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(600);
    expect(flow?.value).not.toContain(callback.searchParams.get('state'));

    await page.request.get(callback.href, { maxRedirects: 0 });
    const left = await ownCookies(page, app);
    // An ended flow leaves its state, for a reload, and no secret.
    const others = left.filter((cookie) => !hasEnded(cookie));
    expect(others.map(({ name }) => name).sort()).toEqual(['gk_session', 'gk_theme']);
  });

  test('signing in gives a new session, never one that the browser brought', async ({ newPage, app }) => {
    const page = await newPage();
    const name = someone();
    const ids: (string | undefined)[] = [];
    for (let time = 0; time < 2; time++) {
      await signInAs(page, app, name);
      const cookies = await page.context().cookies(app.url);
      ids.push(cookies.find((cookie) => cookie.name === 'gk_session')?.value);
    }
    expect(ids[0]).toBeTruthy();
    expect(ids[1]).not.toBe(ids[0]);
  });

  test('on https, cookies are __Host- and Secure, and HSTS is sent', async ({ app }) => {
    const folder = mkdtempSync(join(tmpdir(), 'grantkeep-https-'));
    const { PROVIDERS_FILE: _, ...environment } = app.environment;
    const port = await freePort();
    const hub = start(process.execPath, ['server.ts'], {
      stdio: 'ignore',
      env: {
        ...process.env,
        ...environment,
        APP_URL: 'https://hub.example.com',
        PORT: String(port),
        DATA_DIR: join(folder, 'data'),
        DATABASE_URL: '',
        GITHUB_CLIENT_ID: 'client',
        GITHUB_CLIENT_SECRET: 'secret-of-this-story',
        SIGN_IN_ALLOW: 'github:*',
      },
    });
    try {
      const at = `http://127.0.0.1:${port}`;
      await expect
        .poll(
          () =>
            send(`${at}/readyz`, {}).then(
              ({ status }) => status,
              () => 0,
            ),
          { timeout: 60_000 },
        )
        .toBe(200);
      const own = { host: 'hub.example.com', origin: 'https://hub.example.com', 'sec-fetch-site': 'same-origin' };
      const page = await send(`${at}/sign-in`, own);
      expect(page.headers['strict-transport-security']).toMatch(/max-age=31536000/);
      expect(page.headers['content-security-policy']).toContain('upgrade-insecure-requests');
      expect(page.headers['content-security-policy']).not.toContain('http:');
      const form = 'intent=sign_in&provider=github&return_to=/connections';
      const started = await send(
        `${at}/oauth/start`,
        { ...own, 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(form.length) },
        'POST',
        form,
      );
      expect(started.status).toBe(303);
      expect(started.headers['strict-transport-security']).toMatch(/max-age=31536000/);
      const location = new URL(started.headers.location ?? '');
      expect(location.searchParams.get('redirect_uri')).toBe('https://hub.example.com/oauth/callback/github');
      expect(started.headers['set-cookie']).toHaveLength(1);
      expect(started.headers['set-cookie']?.[0]).toMatch(
        /^__Host-gk_tx_[^;]+; Path=\/;.*Secure; HttpOnly; SameSite=lax/i,
      );
      expect(started.headers['set-cookie']?.[0]).not.toMatch(/domain=/i);
    } finally {
      await end(hub);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
