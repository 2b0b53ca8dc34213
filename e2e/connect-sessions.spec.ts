import { createHash, randomBytes } from 'node:crypto';
import { test as base, expect } from './fixtures.ts';
import { look } from './look.ts';
import { allowAccount, openAs } from './managed-accounts.ts';
import { type OwnApplication, startOwnApplication } from './own-application.ts';
import { someone } from './steps.ts';

const test = base.extend<{ own: OwnApplication }>({
  own: async ({ app, demo: _ }, use) => {
    const own = await startOwnApplication(app, { provider: 'github' });
    await use(own);
    await own.close();
  },
});

const ask = (own: OwnApplication, hub: string, path: string, body?: unknown) =>
  fetch(`${hub}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${own.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

test('a user connects an account in an application, sees who asks and for whom, and is back there', async ({
  newPage,
  own,
  app,
}) => {
  const page = await newPage();
  const account = someone();
  await openAs(own, page, 'ada');
  await page.getByRole('button', { name: 'Connect an account' }).click();
  await expect(page.getByRole('heading', { name: `Connect GitHub for ${own.name}` })).toBeVisible();
  await expect(page.getByText(`${own.name} knows you as`)).toContainText(`ada of ${own.name}`);
  await expect(page.getByText('See the profile, also what is private in it')).toBeVisible();
  expect(new URL(page.url()).origin).toBe(new URL(app.url).origin);
  await page.getByRole('button', { name: 'Connect GitHub' }).click();
  await allowAccount(page, account);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Connected ');
  expect(new URL(page.url()).origin).toBe(own.url);

  const listed = (await (await ask(own, app.url, '/connections')).json()) as { connections: { id: string }[] };
  expect(listed.connections).toHaveLength(1);
  expect((await ask(own, app.url, `/connections/${listed.connections[0]?.id}/token`, {})).status).toBe(200);
});

test('a link that was handed on connects nothing, and its grant is revoked at the provider', async ({
  newPage,
  own,
  app,
  demo,
}) => {
  const [mallory, ada] = [await newPage(), await newPage()];
  await openAs(own, mallory, 'mallory');
  await mallory.getByRole('button', { name: 'Connect an account' }).click();
  await openAs(own, ada, 'ada');
  const before = demo.server('github').counts.revocations;
  await ada.goto(mallory.url());
  await ada.getByRole('button', { name: 'Connect GitHub' }).click();
  await allowAccount(ada, someone());
  await expect(ada.getByRole('heading', { level: 1 })).toHaveText('Not connected: connect_not_begun');
  // The link is of one use, for the one who made it as well.
  await mallory.reload();
  await expect(mallory.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
  const listed = (await (await ask(own, app.url, '/connections')).json()) as { connections: unknown[] };
  expect(listed.connections).toEqual([]);
  await expect.poll(() => demo.server('github').counts.revocations).toBeGreaterThan(before);
});

test('in a window of its own: the page stays, and is told by the application’s own return page', async ({
  newPage,
  own,
}) => {
  const page = await newPage();
  await openAs(own, page, 'ada');
  const opening = page.waitForEvent('popup');
  await page.getByRole('button', { name: 'Connect in a window' }).click();
  const popup = await opening;
  await popup.getByRole('button', { name: 'Connect GitHub' }).click();
  await allowAccount(popup, someone());
  await expect(page.locator('#told')).toContainText('Connected in a window: ');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are ada');
});

test('a page of another origin that opens the window hears nothing of it, and cannot look into it', async ({
  newPage,
  own,
}) => {
  const [mallory, ada] = [await newPage(), await newPage()];
  await openAs(own, mallory, 'mallory');
  await mallory.getByRole('button', { name: 'Connect an account' }).click();
  await ada.route('https://elsewhere.example/', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<link rel="icon" href="data:,"><button>Open</button><script>
        window.heard = [];
        addEventListener('message', ({ data }) => heard.push(data));
        new BroadcastChannel('grantkeep-connect').onmessage = ({ data }) => heard.push(data);
        document.querySelector('button').onclick = () => { window.opened = open(${JSON.stringify(mallory.url())}); };
      </script>`,
    }),
  );
  await ada.goto('https://elsewhere.example/');
  const opening = ada.waitForEvent('popup');
  await ada.getByRole('button', { name: 'Open' }).click();
  const popup = await opening;
  await expect(popup.getByRole('button', { name: 'Connect GitHub' })).toBeVisible();
  expect(await popup.evaluate(() => window.opener)).toBeNull();
  // The hub's page cuts itself off: for the page that opened it the window is closed.
  expect(await ada.evaluate(() => (window as unknown as { opened: Window }).opened.closed)).toBe(true);
  await popup.getByRole('button', { name: 'Connect GitHub' }).click();
  await allowAccount(popup, someone());
  // It ends at the registered return address, which tells pages of its own origin alone.
  await expect(popup.getByRole('heading', { level: 1 })).toHaveText('Not connected: connect_not_begun');
  expect(new URL(popup.url()).origin).toBe(own.url);
  expect(await ada.evaluate(() => (window as unknown as { heard: unknown[] }).heard)).toEqual([]);
});

test('a blocked window: the page itself goes to the hub and comes back', async ({ newPage, own }) => {
  const page = await newPage();
  await openAs(own, page, 'ada');
  // As a browser answers that blocks it.
  await page.evaluate(() => Object.assign(window, { open: () => null }));
  await page.getByRole('button', { name: 'Connect in a window' }).click();
  await page.getByRole('button', { name: 'Connect GitHub' }).click();
  await allowAccount(page, someone());
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Connected ');
});

test('a user manages the accounts of an application: looks, reconnects, disconnects; its link is of no use elsewhere', async ({
  newPage,
  own,
}) => {
  const page = await newPage();
  const account = someone();
  await openAs(own, page, 'mary');
  await page.getByRole('button', { name: 'Connect an account' }).click();
  await page.getByRole('button', { name: 'Connect GitHub' }).click();
  await allowAccount(page, account);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Connected ');
  const opened = page.waitForRequest((request) => request.url().includes('/connect-session/open?token='));
  await page.getByRole('button', { name: 'Manage accounts' }).click();
  await expect(page.getByRole('heading', { name: `Your accounts connected to ${own.name}` })).toBeVisible();
  expect(page.url()).not.toContain('token');
  const thief = await newPage();
  await thief.goto((await opened).url());
  await expect(thief.getByRole('heading', { name: 'This page is over' })).toBeVisible();
  await thief.goto(page.url());
  await expect(thief.getByRole('heading', { name: 'This page is over' })).toBeVisible();

  await page.getByRole('button', { name: 'Reconnect' }).click();
  await allowAccount(page, account);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Connected ');
  await page.getByRole('button', { name: 'Manage accounts' }).click();
  await look(page, page.url());
  await page.getByRole('link', { name: 'Details and disconnect' }).click();
  await expect(page.getByRole('heading', { name: 'Used by' })).toBeVisible();
  await look(page, page.url());
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByText(`GitHub is disconnected from ${own.name}`)).toBeVisible();
  await page.getByRole('link', { name: `Your accounts connected to ${own.name}` }).click();
  await page.getByRole('link', { name: `Back to ${own.name}` }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Back from the connected accounts');
});

test('one who declines at the hub or at the provider is back in the application, told so', async ({ newPage, own }) => {
  const page = await newPage();
  await openAs(own, page, 'grace');
  await page.getByRole('button', { name: 'Connect an account' }).click();
  await page.getByRole('link', { name: `Back to ${own.name} without connecting` }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not connected: access_denied');
  await page.getByRole('button', { name: 'Connect an account' }).click();
  await page.getByRole('button', { name: 'Connect GitHub' }).click();
  await page.getByLabel('Another account').fill(someone());
  await page.getByRole('button', { name: 'Use this account' }).click();
  await page.getByRole('button', { name: 'Deny' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not connected: access_denied');
});

test('a machine without a browser shows a code, which a person types on another device', async ({
  newPage,
  own,
  app,
}) => {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const user = { id: 'nas', label: 'The box in the cellar' };
  const asked = { user, provider: 'okta', device: true, code_challenge: challenge };
  const made = (await (await ask(own, app.url, '/connect-sessions', asked)).json()) as Record<string, string>;
  const page = await newPage();
  await page.goto(made.verification_url ?? '');
  await page.getByLabel('Code').fill('wrong');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('link', { name: 'Type it again' }).click();
  await page.getByLabel('Code').fill((made.user_code ?? '').toLowerCase());
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Never type a code that somebody sent you.')).toBeVisible();
  await page.getByRole('button', { name: 'Connect Okta' }).click();
  await allowAccount(page, someone());
  await expect(page.getByRole('heading', { name: 'Back to your device' })).toBeVisible();
  const path = `/connect-sessions/${made.id}`;
  expect(await (await ask(own, app.url, path)).json()).toMatchObject({ status: 'received' });
  const done = await ask(own, app.url, `${path}/complete`, { code_verifier: verifier });
  expect(await done.json()).toMatchObject({ provider: 'okta', status: 'connected' });
});

test('the pages of a connect session look right, light and dark, wide and narrow', async ({ newPage, app, own }) => {
  const page = await newPage();
  const long = await startOwnApplication(app, {
    name: `${someone('Würzburger Buchhaltungs- und Rechnungswesen')} GmbH`,
  });
  try {
    const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url');
    const user = { id: '1', label: `${'x'.repeat(60)}@example.com` };
    const linkOf = async (of: OwnApplication, more: object) => {
      const asked = { user, return_url: `${of.url}/connected`, code_challenge: challenge, ...more };
      return String(((await (await ask(of, app.url, '/connect-sessions', asked)).json()) as { url: string }).url);
    };
    // Every provider to choose from, one of them with a part of its address to type, and one alone.
    await look(page, await linkOf(long, {}));
    await look(page, `${await linkOf(own, { provider: 'okta' })}&flow=provider_unavailable&ref=req_0123456789abcdef`);
    await look(page, `/connect-session?token=${'x'.repeat(43)}`);
    await look(page, '/connect-session?token=BCDF-GHJK');
    await look(page, '/connect-session/done');
    await look(page, '/connect-session/done?error=access_denied');
    await look(page, '/device');
  } finally {
    await long.close();
  }
});

test('by keyboard and without JavaScript one connects as well', async ({ browser, own, app }) => {
  const context = await browser.newContext({ baseURL: app.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await openAs(own, page, 'ken');
  await page.getByRole('button', { name: 'Connect an account' }).press('Enter');
  await page.getByRole('button', { name: 'Connect GitHub' }).press('Enter');
  await allowAccount(page, someone());
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Connected ');
  await context.close();
});
