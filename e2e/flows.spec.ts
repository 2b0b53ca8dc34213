import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { type Odd, startOdd } from '#demo/odd/server';
import { oddities } from '#demo/odd/table';
import { CanarySweep } from '#tests/canary';
import { tapServers } from '#tests/canary-tap';
import { test as base, expect } from './fixtures.ts';
import { cutOff, look } from './look.ts';
import { allowAs, connectionInAddress, makeAdministrator, signInAs, someone, stepUpAs } from './steps.ts';

/** Forty scopes of 58 characters, as long as those of a well-known provider. */
const scopes = Array.from({ length: 40 }, (_, n) => `https://scopes.example.com/auth/a-scope-${n}`.padEnd(58, '-'));

/** A hub that also knows a server with long scopes. */
const test = base.extend<object, { archive: Odd }>({
  archive: [
    async ({ app }, use) => {
      const server = await startOdd({ appUrls: [app.url], id: 'archive' });
      const file = String(app.environment.PROVIDERS_FILE);
      const before = readFileSync(file, 'utf8');
      const record = {
        ...{ id: 'archive', name: 'Archive', issuer: server.issuer(), scopes: ['openid', ...scopes] },
        ...{ client_id: server.clientId, client_secret: server.clientSecret },
      };
      writeFileSync(file, JSON.stringify([...(JSON.parse(before) as unknown[]), record]));
      await app.end();
      await app.start();
      await use(server);
      writeFileSync(file, before);
      await app.end();
      await app.start();
      await server.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test.beforeEach(({ archive }) => {
  archive.on.clear();
  archive.seen.length = 0;
});

const exchanges = ({ seen }: Odd): number => seen.filter(({ place }) => place === 'token').length;

/** Presses Connect, and stands at the provider's page. */
async function begin(page: Page): Promise<void> {
  await page.goto('/connections');
  await page.getByRole('button', { name: 'Connect Archive', exact: true }).click();
  await page.getByLabel('Another account').waitFor();
}

/** Listens to the cookies that a browser sends to the app; answers the header of each request. */
function hearCookies(page: Page, app: string): () => Promise<string[]> {
  const heard: Promise<string>[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(app)) heard.push(request.allHeaders().then(({ cookie = '' }) => cookie));
  });
  return () => Promise.all(heard);
}

/** The cookies of flows in a header, with name and value. */
const flowsIn = (header: string): string[] => header.split('; ').filter((cookie) => cookie.includes('gk_tx_'));

/** No flow takes more than 700 bytes; answers how many went along at most. */
function mostFlows(headers: readonly string[]): number {
  const flows = headers.map(flowsIn);
  expect(flows.flat().filter((cookie) => Buffer.byteLength(cookie) > 700)).toEqual([]);
  return Math.max(...flows.map(({ length }) => length));
}

test.describe('P-25 scopes longer than a cookie', () => {
  test('forty of them are asked for, and the person comes back connected', async ({ asUser: page, app, archive }) => {
    const cookies = hearCookies(page, app.url);
    await begin(page);
    await allowAs(page, someone());
    connectionInAddress(page);
    const card = page.getByRole('region', { name: 'Archive', exact: true });
    await expect(card.getByText('Connected', { exact: true })).toBeVisible();
    // The flow of the sign-in, which has ended, and this one.
    expect(mostFlows(await cookies())).toBe(2);
    expect(exchanges(archive)).toBe(1);
  });

  test('five flows are left at the provider; pages, sign-in and a sixth go on', async ({
    asUser: page,
    app,
    archive,
  }) => {
    const cookies = hearCookies(page, app.url);
    for (let n = 0; n < 5; n++) await begin(page);
    expect((await page.goto('/'))?.status()).toBe(200);
    // As after the session's end: the cookies of flows stay.
    await page.context().clearCookies({ name: /session/ });
    expect((await page.goto('/sign-in'))?.status()).toBe(200);
    await page.getByRole('button', { name: 'Sign in with Demo' }).click();
    await page.getByLabel('Another user').fill(someone());
    await page.getByRole('button', { name: 'Use this name' }).click();
    await page.waitForURL(/\/connections/);

    await begin(page);
    await allowAs(page, someone());
    connectionInAddress(page);
    expect(mostFlows(await cookies())).toBe(5);
    expect(exchanges(archive)).toBe(1);
  });
});

test('P-30 a scanner that asks for the head of an answer, with the person’s cookies, finishes no flow', async ({
  asUser: page,
  app,
  archive,
}) => {
  const heads: number[] = [];
  await begin(page);
  // The scanner sees the address that the server leads to before the browser follows it.
  await page.route(
    () => true,
    async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const response = await route.fetch({ maxRedirects: 0 });
      const { location } = response.headers();
      if (location?.startsWith(`${app.url}/oauth/callback/archive?`)) {
        const head = await page.request.head(location, { maxRedirects: 0 });
        heads.push(head.status(), exchanges(archive));
      }
      await route.fulfill({ response });
    },
  );
  await allowAs(page, someone());
  connectionInAddress(page);
  expect(heads).toEqual([405, 0]);
  expect(exchanges(archive)).toBe(1);
});

test('P-31 an answer that is loaded again leads its own browser to the first result, and no other browser', async ({
  asUser: page,
  signedIn,
  app,
  archive,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 400/);
  await begin(page);
  const answered = page.waitForRequest((request) => request.url().startsWith(`${app.url}/oauth/callback/archive?`));
  await allowAs(page, someone());
  const callback = (await answered).url();
  const result = page.url();

  // The page that the callback led to, then the callback itself, twice.
  await page.reload();
  await expect(page).toHaveURL(result);
  for (const _ of ['once more', 'and again']) {
    expect((await page.goto(callback))?.status()).toBe(200);
    await expect(page).toHaveURL(result);
  }
  const other = await signedIn(someone());
  expect((await other.goto(callback))?.status()).toBe(400);
  await expect(other.getByText('This answer was used already')).toBeVisible();
  expect(exchanges(archive)).toBe(1);
});

test.describe('P-32 an answer without a state', () => {
  const denial = oddities.filter(({ name }) => name === 'denial_without_state');

  test('a denial is refused as one, and the page leads to another try', async ({
    asUser: page,
    archive,
    expectedConsole,
  }) => {
    expectedConsole.push(/status of 400/);
    for (const row of denial) archive.on.add(row);
    await begin(page);
    await page.getByLabel('Another account').fill(someone());
    await page.getByRole('button', { name: 'Use this account' }).click();
    await page.getByRole('button', { name: 'Deny' }).click();
    await expect(page.getByText('The provider refused, or you declined')).toBeVisible();
    await expect(page.getByText('This was begun at the provider')).toHaveCount(0);
    await page.getByRole('link', { name: 'Connect Archive' }).click();
    await page.getByRole('button', { name: /^Connect/ }).click();
    await allowAs(page, someone());
    connectionInAddress(page);
    expect(exchanges(archive)).toBe(1);
  });

  test('an installation from the provider’s page is refused as one, and the page leads to connecting here', async ({
    asUser: page,
    archive,
    expectedConsole,
  }) => {
    expectedConsole.push(/status of 400/);
    const answer = await page.goto(
      '/oauth/callback/archive?code=from-elsewhere&installation_id=7&setup_action=install',
    );
    expect(answer?.status()).toBe(400);
    await expect(page.getByText('This was begun at the provider')).toBeVisible();
    await expect(page.getByText('you declined')).toHaveCount(0);
    expect(exchanges(archive)).toBe(0);
    await page.getByRole('link', { name: 'Connect Archive' }).click();
    await page.getByRole('button', { name: /^Connect/ }).click();
    await allowAs(page, someone());
    connectionInAddress(page);
    expect(exchanges(archive)).toBe(1);
  });

  test('both pages look right, light and dark, wide and narrow', async ({ newPage, archive: _, expectedConsole }) => {
    expectedConsole.push(/status of 400/);
    const page = await newPage();
    for (const query of ['error=access_denied', 'code=from-elsewhere']) {
      const path = `/oauth/callback/archive?${query}`;
      await look(page, path);
      expect.soft(await cutOff(page), path).toEqual([]);
    }
  });
});

test('an administrator connects as themselves and is told each step without a secret; other people are not', async ({
  asAdmin: page,
  newPage,
  app,
  archive,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 404/);
  const tap = tapServers();
  await page.goto('/admin/providers/archive');
  const part = page.getByRole('region', { name: 'Connect as yourself' });
  await part.getByRole('button', { name: 'Connect as yourself' }).click();
  await page.getByLabel('Another account').fill(someone());
  await page.getByRole('button', { name: 'Use this account' }).click();
  const answered = page.waitForRequest((request) => request.url().startsWith(`${app.url}/oauth/callback/archive?`));
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(/\/admin\/providers\/archive\?trace=/);
  const { searchParams } = new URL((await answered).url());
  tap.stop();

  await expect(part).toContainText('It is being revoked, as you chose.');
  const steps = part.getByRole('region', { name: 'Steps' });
  for (const step of [
    'The hub sent the browser to the provider',
    'The provider sent the browser back',
    'The hub called the provider',
  ])
    await expect(steps).toContainText(step);
  await expect(steps).toContainText(`POST ${archive.origin}`);

  const ofRedirect = ['code', 'state'].map((name) => searchParams.get(name) ?? '');
  const secrets = [...tap.secrets(), archive.clientSecret, ...ofRedirect];
  expect(secrets.filter((secret) => secret.length < 16)).toEqual([]);
  // The access token, the refresh token, the ID token, the code, the verifier, the client's secret and the state.
  expect(new Set(secrets).size).toBeGreaterThanOrEqual(7);
  const sweep = new CanarySweep(secrets);
  sweep.search('the page', await page.content());
  sweep.search('its text', (await page.locator('body').textContent()) ?? '');
  sweep.search('its address', page.url());
  expect(sweep.findings).toEqual([]);

  const trace = page.url();
  const [second, person] = [await newPage(), await newPage()];
  await makeAdministrator(page, second, app);
  await second.goto(trace);
  await expect(second.getByText('This trace is no longer kept')).toBeVisible();
  await expect(second.getByRole('region', { name: 'Steps' })).toHaveCount(0);
  await signInAs(person, app, someone());
  expect((await person.goto(trace))?.status()).toBe(404);

  await stepUpAs(page, app, 'admin@example.com');
  await look(page, trace);
  expect.soft(await cutOff(page)).toEqual([]);
  await expect(steps).toBeVisible();
});
