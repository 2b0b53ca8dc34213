import { capture } from '#scripts/processes';
import { copyDatabase } from '#tests/canary-database';
import { tapServers } from '#tests/canary-tap';
import { expect, test } from './fixtures.ts';
import {
  allowAs,
  beginConnecting,
  callHub,
  card,
  connectionInAddress,
  flowUpToCallback,
  givenConnection,
  serviceKey,
  someone,
  statusWithToken,
  titles,
  vend,
} from './steps.ts';

test.describe('the complete flow', () => {
  test('a fresh browser connects, the log tells of the exchange, and the vended token works at the API', async ({
    asUser: page,
    app,
    demo,
  }) => {
    const logged = app.log().length;
    const authorization = await beginConnecting(page, demo, 'okta');
    expect(authorization.origin).toBe(demo.server('okta').url);

    const callback = page.waitForRequest((request) => request.url().startsWith(`${app.url}/oauth/callback/okta?`));
    await allowAs(page, someone());
    expect(new URL((await callback).url()).searchParams.get('code')).toBeTruthy();
    expect(page.url()).not.toContain('code=');
    await expect(card(page, 'okta').getByText('Connected', { exact: true })).toBeVisible();

    const lines = app.log().slice(logged).trim().split('\n');
    const exchange = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'flow_completed');
    expect(exchange).toMatchObject({ level: 'info', 'grantkeep.provider': 'okta', 'grantkeep.intent': 'connect' });
    const { access_token } = await vend(app, connectionInAddress(page));
    expect(await statusWithToken(app, 'okta', access_token)).toBe(200);
  });
});

test.describe('what must fail', () => {
  test('a tampered state is refused before any code is exchanged', async ({
    asUser: page,
    app,
    demo,
    expectedConsole,
  }) => {
    expectedConsole.push(/status of 400/);
    const callback = await flowUpToCallback(page, app, { intent: 'connect', provider: 'okta' });
    const state = callback.searchParams.get('state') ?? '';
    callback.searchParams.set('state', `${state.startsWith('A') ? 'B' : 'A'}${state.slice(1)}`);

    expect((await page.goto(callback.href))?.status()).toBe(400);
    await expect(page.getByText('This sign-on did not begin in this browser')).toBeVisible();
    expect(demo.server('okta').counts.token_requests).toBe(0);
    await page.getByRole('link', { name: 'Go to your connections' }).click();
    await expect(card(page, 'okta').getByText('Not connected')).toBeVisible();
  });

  test('an answer without a state is refused', async ({ asUser: page, app, demo, expectedConsole }) => {
    expectedConsole.push(/status of 400/);
    const callback = await flowUpToCallback(page, app, { intent: 'connect', provider: 'okta' });
    callback.searchParams.delete('state');
    expect((await page.goto(callback.href))?.status()).toBe(400);
    await expect(page.getByText('This was begun at the provider')).toBeVisible();
    expect(demo.server('okta').counts.token_requests).toBe(0);
  });

  test('an answer opened in another browser is refused, and still good in its own', async ({
    asUser: page,
    signedIn,
    app,
    demo,
    expectedConsole,
  }) => {
    expectedConsole.push(/status of 400/);
    const callback = await flowUpToCallback(page, app, { intent: 'connect', provider: 'okta' });
    const other = await signedIn(someone());
    expect((await other.goto(callback.href))?.status()).toBe(400);
    expect(demo.server('okta').counts.token_requests).toBe(0);

    await page.goto(callback.href);
    await expect(card(page, 'okta').getByText('Connected', { exact: true })).toBeVisible();
  });

  for (const [what, change] of [
    ['with a slash at its end', (url: string) => `${url}/`],
    ['with a query of its own', (url: string) => `${url}?next=1`],
    ['in another folder', (url: string) => `${url}/more`],
    ['at another port', (url: string) => url.replace(/:\d+\//, ':1/')],
  ] as const) {
    test(`a changed redirect URI, ${what}, fails at the authorization server`, async ({
      asUser: page,
      demo,
      expectedConsole,
    }) => {
      expectedConsole.push(/status of 400/);
      const authorization = await beginConnecting(page, demo, 'google');
      authorization.searchParams.set('redirect_uri', change(authorization.searchParams.get('redirect_uri') ?? ''));

      expect((await page.goto(authorization.href))?.status()).toBe(400);
      await expect(page.getByText('redirect_uri did not match')).toBeVisible();
      expect(new URL(page.url()).origin).toBe(demo.server('google').url);
      expect(demo.server('google').counts.authorizations).toBe(0);
    });
  }

  test('a code used a second time gives nothing: neither here nor at the authorization server', async ({
    asUser: page,
    newPage,
    app,
    demo,
    expectedConsole,
  }) => {
    expectedConsole.push(/status of 400/);
    const tap = tapServers();
    const callback = await flowUpToCallback(page, app, { intent: 'connect', provider: 'okta' });
    await page.goto(callback.href);
    const { access_token } = await vend(app, connectionInAddress(page));
    const exchange = tap.calls.find(({ body }) => body.includes('grant_type=authorization_code'));
    tap.stop();

    // The same browser is led to what came of it; another one is refused. The code is spent once.
    const id = connectionInAddress(page);
    await page.goto(callback.href);
    expect(connectionInAddress(page)).toBe(id);
    const thief = await newPage();
    expect((await thief.goto(callback.href))?.status()).toBe(400);
    await expect(thief.getByText('This answer was used already')).toBeVisible();
    expect(demo.server('okta').counts.code_exchanges).toBe(1);

    // A thief of the verifier, the code and the client's secret gets nothing for them either.
    const again = await fetch(demo.server('okta').url + exchange?.url, {
      method: 'POST',
      headers: {
        authorization: exchange?.authorization ?? '',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: exchange?.body ?? '',
    });
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: 'invalid_grant' });
    // The server ends what the code had given (RFC 6749 §4.1.2).
    expect(await statusWithToken(app, 'okta', access_token)).toBe(401);
  });

  test('an expired access token gets 401 from the API, and a fresh one is vended', async ({
    asUser: page,
    app,
    switchProvider,
  }) => {
    const account = someone();
    await switchProvider('okta', { access_token_ttl_s: 5 }, account);
    const id = await givenConnection(page, app, 'okta', account);
    const { access_token: first } = await vend(app, id);
    await expect.poll(() => statusWithToken(app, 'okta', first)).toBe(401);

    await switchProvider('okta', { access_token_ttl_s: null }, account);
    // The token ends at the provider a moment before it does here, since it was made there first.
    await expect.poll(async () => (await vend(app, id)).access_token).not.toBe(first);
    const { access_token: second, expires_in } = await vend(app, id);
    expect(expires_in).toBeGreaterThan(3500);
    expect(await statusWithToken(app, 'okta', second)).toBe(200);
  });
});

test.describe('the security validation checklist', () => {
  for (const provider of ['google', 'github', 'salesforce', 'okta', 'auth0'] as const) {
    test(`the authorization URL to ${titles[provider]} carries code_challenge and S256, a state, and the exact redirect URI`, async ({
      asUser: page,
      app,
      demo,
    }) => {
      const first = (await beginConnecting(page, demo, provider)).searchParams;
      expect(first.get('response_type')).toBe('code');
      expect(first.get('code_challenge_method')).toBe('S256');
      expect(first.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(first.get('state')).toMatch(/^[A-Za-z0-9_-]{22,}$/);
      expect(first.get('redirect_uri')).toBe(`${app.url}/oauth/callback/${provider}`);

      const second = (await beginConnecting(page, demo, provider)).searchParams;
      expect(second.get('code_challenge')).not.toBe(first.get('code_challenge'));
      expect(second.get('state')).not.toBe(first.get('state'));
    });
  }

  test('the code is exchanged with the verifier of its challenge and with client authentication', async ({
    asUser: page,
    app,
    demo,
  }) => {
    await givenConnection(page, app, 'okta');
    expect(demo.server('okta').counts.last_token_request).toMatchObject({
      grant_type: 'authorization_code',
      has_code_verifier: true,
      auth_method: 'client_secret_basic',
    });
  });

  test('tokens are encrypted at rest @postgres', async ({ asUser: page, app }) => {
    const tap = tapServers();
    const id = await givenConnection(page, app, 'okta');
    const { access_token } = await vend(app, id);
    const secrets = tap.secrets().filter((secret) => /^okta_[ar]t_/.test(secret));
    tap.stop();
    expect(secrets).toContain(access_token);
    expect(secrets).toHaveLength(2);

    const { rows, files } = await copyDatabase(app);
    const row = rows
      .get('connections')
      ?.map((text) => JSON.parse(text))
      .find((found) => found.id === id);
    for (const column of ['access_token', 'refresh_token']) {
      const header = JSON.parse(Buffer.from(row[column].split('.')[0], 'base64url').toString());
      expect(header).toMatchObject({ alg: 'dir', enc: 'A256GCM', row: id, column: `connections.${column}` });
    }
    const everything = [...rows.values()].flat().join('\n');
    for (const secret of secrets) {
      expect(everything.includes(secret)).toBe(false);
      for (const [path, bytes] of files) expect(Buffer.from(bytes).includes(secret), path).toBe(false);
    }
  });

  test('access tokens of Google and Okta live for 60 minutes at most, and the card says how long', async ({
    asUser: page,
    app,
  }) => {
    for (const provider of ['google', 'okta'] as const) {
      const { expires_in } = await vend(app, await givenConnection(page, app, provider));
      expect(expires_in, provider).toBeGreaterThan(0);
      expect(expires_in, provider).toBeLessThanOrEqual(3600);
    }
    await page.goto('/connections');
    await expect(card(page, 'okta').getByText(/Renews by itself, (60|59) minutes left|1 hour left/)).toBeVisible();
  });

  test('client secrets never reach the browser or the logs', async ({ newPage, app, demo }) => {
    const page = await newPage();
    const seen: string[] = [];
    const reading: Promise<unknown>[] = [];
    page.on('request', (request) => seen.push(request.url(), request.postData() ?? ''));
    page.on('response', (response) => {
      seen.push(JSON.stringify(response.headers()));
      const redirected = response.status() >= 300 && response.status() < 400;
      if (!redirected)
        reading.push(
          response.text().then(
            (text) => seen.push(text),
            () => undefined,
          ),
        );
    });
    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign in with Demo' }).click();
    await page.getByRole('button', { name: 'Continue as administrator' }).click();
    await page.waitForURL(/\/admin$/);
    await page.goto('/connections');
    for (const provider of ['google', 'github', 'salesforce', 'okta', 'auth0'] as const) {
      await page.getByRole('button', { name: `Connect ${titles[provider]}`, exact: true }).click();
      await allowAs(page, someone());
    }
    for (const path of ['/admin/connections', '/admin/api-keys', '/admin/people']) await page.goto(path);
    await Promise.all(reading);

    const shown = seen.join('\n');
    expect(shown).toContain('code_challenge=');
    for (const id of ['demo', 'google', 'github', 'salesforce', 'okta', 'auth0'] as const) {
      const { clientSecret } = demo.server(id);
      expect(shown.includes(clientSecret), `${id} in the browser`).toBe(false);
      expect(app.log().includes(clientSecret), `${id} in the log`).toBe(false);
    }
  });

  test('plain http is refused for everything but loopback', async ({ app }) => {
    const start = (change: Record<string, string>) =>
      capture(process.execPath, ['server.ts'], {
        env: { ...process.env, ...app.environment, DATA_DIR: `${app.dataDir}-unused`, ...change },
      });
    const hub = await start({ APP_URL: 'http://hub.example.com' });
    expect(hub.status).toBe(1);
    expect(hub.output).toMatch(/APP_URL.*https/);
    const provider = await start({
      OKTA_ISSUER: 'http://okta.example.com',
      OKTA_CLIENT_ID: 'a',
      OKTA_CLIENT_SECRET: 'b',
    });
    expect(provider.status).toBe(1);
    expect(provider.output).toMatch(/OKTA_ISSUER.*https/);
  });

  test('refresh works without the person', async ({ signedIn, app, demo, switchProvider }) => {
    const page = await signedIn(someone());
    const account = someone();
    await switchProvider('github', { access_token_ttl_s: 5 }, account);
    const id = await givenConnection(page, app, 'github', account);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByText('You are signed out')).toBeVisible();
    await page.context().close();
    const { access_token: first } = await vend(app, id);
    await expect.poll(() => statusWithToken(app, 'github', first)).toBe(401);

    await switchProvider('github', { access_token_ttl_s: null }, account);
    const { authorizations, refreshes } = demo.server('github').counts;
    // The token ends at the provider a moment before it does here, since it was made there first.
    const vended = async () => statusWithToken(app, 'github', (await vend(app, id)).access_token);
    await expect.poll(vended).toBe(200);
    expect(demo.server('github').counts).toMatchObject({ authorizations, refreshes: refreshes + 1 });
    const answer = await callHub(app, await serviceKey(app), `/connections/${id}`);
    expect(await answer.json()).toMatchObject({ status: 'connected', last_refresh_error: null });
  });
});
