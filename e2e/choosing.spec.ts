import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';
import type { Oddity } from '#demo/odd/oddity';
import { type Odd, startOdd } from '#demo/odd/server';
import { switchesOf } from '#demo/odd/switches-page';
import type { RunningApp } from './app-process.ts';
import { test as base, expect } from './fixtures.ts';
import { cutOff, look } from './look.ts';
import { allowAs, callHub, serviceKey, signInAs, someone } from './steps.ts';

const sites = [
  { id: 'site-1', name: 'First site' },
  { id: 'site-2', name: 'Second site, whose name is so long that it does not fit into one line of a telephone' },
  { id: 'site-3', name: 'Third site' },
];

const threeSites: Oddity = {
  ...{ name: 'three_sites', does: 'Lists three sites.', touches: ['lookups'], cases: ['P-20'] },
  answered: ({ asked, answer }) => {
    if (asked.place === 'lookup') answer.body = sites;
  },
};

/** A hub that also knows a server which names no account and lists three sites; that server has its page of switches. */
const test = base.extend<object, { odd: Odd; boards: RunningApp }>({
  odd: [
    async ({ app }, use) => {
      const switches = switchesOf(() => ({}));
      const odd = await startOdd({ appUrls: [app.url], id: 'boards', on: [threeSites], otherwise: switches });
      await use(odd);
      await odd.close();
    },
    { scope: 'worker' },
  ],

  boards: [
    async ({ app, odd }, use) => {
      const file = String(app.environment.PROVIDERS_FILE);
      const before = readFileSync(file, 'utf8');
      const record = {
        ...{ id: 'boards', name: 'Boards', issuer: odd.issuer(), scopes: ['read', 'write'] },
        ...{ client_id: odd.clientId, client_secret: odd.clientSecret, identity: { source: 'none' } },
        lookups: [
          {
            ...{ endpoint: `${odd.origin}/api/sites`, choose: true, name: 'site', entry_label: ['name'] },
            fields: { site_id: 'id' },
          },
        ],
      };
      writeFileSync(file, JSON.stringify([...(JSON.parse(before) as unknown[]), record]));
      await app.end();
      await app.start();
      await use(app);
      writeFileSync(file, before);
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

/** Connects, and ends at the connection's own page, which asks the open questions. */
async function connectBoards(page: Page): Promise<string> {
  await page.goto('/connections');
  await page.getByRole('button', { name: 'Connect Boards', exact: true }).click();
  await allowAs(page, someone());
  await expect(page).toHaveURL(/\/connections\/con_/);
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

async function nameAndChoose(page: Page, app: RunningApp): Promise<void> {
  const id = await connectBoards(page);
  const asRead = async () => (await callHub(app, await serviceKey(app), `/connections/${id}`)).json();
  expect(await asRead()).toMatchObject({ extras: {}, choices: [{ name: 'site', chosen: null }] });

  await page.goto('/connections');
  const card = page.getByRole('region', { name: 'Boards', exact: true });
  await expect(card.getByText('Unnamed account')).toBeVisible();
  await card.getByRole('link', { name: 'Name it' }).click();
  const naming = page.getByRole('region', { name: 'Name this account' });
  await naming.getByLabel('Name').fill('The shop');
  await naming.getByRole('button', { name: 'Keep the name' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('The shop');
  await expect(page.getByRole('region', { name: 'Rename this account' })).toBeVisible();

  await page.goto('/connections');
  await expect(card.getByText('The shop')).toBeVisible();
  await card.getByRole('link', { name: 'Choose a site' }).click();
  const choosing = page.getByRole('region', { name: 'Choose a site' });
  await expect(choosing.getByRole('radio', { checked: true })).toHaveCount(0);
  await choosing.getByRole('radio', { name: /^Second site/ }).check();
  await choosing.getByRole('button', { name: 'Choose' }).click();
  await expect(page.getByRole('region', { name: 'Change the site' })).toBeVisible();
  expect(await asRead()).toMatchObject({ account: { label: 'The shop' }, extras: { site_id: 'site-2' } });

  const changing = page.getByRole('region', { name: 'Change the site' });
  await expect(changing.getByRole('radio', { name: /^Second site/ })).toBeChecked();
  await changing.getByRole('radio', { name: 'Third site' }).check();
  await changing.getByRole('button', { name: 'Change' }).click();
  await expect(changing.getByRole('radio', { name: 'Third site' })).toBeChecked();
  await expect.poll(asRead).toMatchObject({ extras: { site_id: 'site-3' } });
  await page.goto('/connections');
  await expect(card.getByRole('link', { name: /Choose|Name it/ })).toHaveCount(0);
}

async function withoutJavaScript(browser: Browser, app: RunningApp): Promise<Page> {
  const context = await browser.newContext({ baseURL: app.url, javaScriptEnabled: false });
  return context.newPage();
}

test('a person names an account that its provider does not, and chooses one of its sites', async ({
  newPage,
  boards,
}) => {
  const page = await newPage();
  await signInAs(page, boards, someone());
  await nameAndChoose(page, boards);
});

test('so they do without JavaScript', async ({ browser, boards }) => {
  const page = await withoutJavaScript(browser, boards);
  await signInAs(page, boards, someone());
  await nameAndChoose(page, boards);
  await page.context().close();
});

test('card and page of what is open look right, light and dark, wide and narrow', async ({ newPage, boards }) => {
  const page = await newPage();
  await signInAs(page, boards, someone());
  const id = await connectBoards(page);
  for (const path of ['/connections', `/connections/${id}`]) {
    await look(page, path);
    expect.soft(await cutOff(page), path).toEqual([]);
  }
});

test('the card shows the oddities that are on at Odd, and its page looks right', async ({
  newPage,
  boards,
  odd,
  expectedConsole,
}) => {
  // The page is a form in a browser: rows that do not go together are refused with status 409.
  expectedConsole.push(/status of 409/);
  const page = await newPage();
  const onlyOn = async (...names: string[]) => {
    await page.goto(odd.origin);
    for (const box of await page.getByRole('checkbox', { checked: true }).all()) await box.uncheck();
    for (const name of names) await page.locator(`input[value=${name}]`).check();
    await page.getByRole('button', { name: 'Switch' }).click();
  };
  await look(page, odd.origin);
  await onlyOn('comma_scopes', 'long_scope_names');
  await expect(page.getByRole('alert')).toContainText('do not go together');
  await onlyOn('fewer_scopes');
  await expect(page.locator('input[value=fewer_scopes]')).toBeChecked();
  odd.on.add(threeSites);

  await signInAs(page, boards, someone());
  await connectBoards(page);
  await page.goto('/connections');
  const card = page.getByRole('region', { name: 'Boards', exact: true });
  await expect(card).toContainText('Boards did not grant one of the permissions asked for.');
  await expect(card.getByRole('button', { name: 'Grant the rest' })).toBeVisible();

  await onlyOn();
  odd.on.add(threeSites);
  await page.goto('/connections');
  await card.getByRole('button', { name: 'Grant the rest' }).click();
  await allowAs(page, someone());
  await page.goto('/connections');
  await expect(card.getByRole('button', { name: 'Grant the rest' })).toHaveCount(0);
});
