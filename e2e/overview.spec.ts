import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { expect, test } from './governed.ts';
import {
  callHub,
  freezeBy,
  givenConnection,
  makeAuditor,
  makeKey,
  serviceKey,
  signInAs,
  someone,
  vend,
} from './steps.ts';

/** Where the figure of that name leads, and what it says. */
async function figure(within: Page | Locator, name: string): Promise<{ count: number; href: string }> {
  const link = within.getByRole('link', { name: new RegExp(`^[\\d,]+ ${name}$`) }).first();
  // A nought is no link: who looks too early looks again, instead of waiting here.
  const href = await link.getAttribute('href', { timeout: 1_000 });
  return { count: Number.parseInt(((await link.textContent()) ?? '').replaceAll(',', ''), 10), href: href ?? '' };
}

/** How many rows a list has in all its pages. */
async function rowsOf(page: Page, address: string, table: string): Promise<number> {
  let rows = 0;
  await page.goto(address);
  for (;;) {
    await page.getByRole('table', { name: table }).waitFor();
    // Days stand above their rows.
    const shown = page.getByRole('table', { name: table }).getByRole('row');
    rows += await shown.filter({ has: page.getByRole('cell') }).count();
    const next = await page.getByRole('link', { name: 'Next' }).all();
    if (!next[0]) return rows;
    await page.goto((await next[0].getAttribute('href')) ?? '');
  }
}

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

test('every figure of the overview is what happened, and leads to exactly its rows', async ({
  asAdmin: page,
  newPage,
  app,
  switchProvider,
  second,
}) => {
  const person = await newPage();
  await signInAs(person, app, someone('Owner'));
  const [github, okta] = [await givenConnection(person, app, 'github'), await givenConnection(person, app, 'okta')];
  await givenConnection(person, app, 'auth0');
  await person.goto(`/connections/${okta}/disconnect`);
  await person.getByRole('button', { name: 'Disconnect' }).click();
  await person.waitForURL(/\/connections(?:\?|$)/);
  for (let n = 0; n < 7; n++) await vend(app, github);
  const refused = await callHub(app, await serviceKey(app), `/connections/${okta}/token`, 'POST');
  expect(refused.ok).toBe(false);
  const owner = someone();
  await switchProvider('salesforce', { access_token_ttl_s: 5 }, owner);
  const short = await givenConnection(person, app, 'salesforce', owner);
  await switchProvider('salesforce', { access_token_ttl_s: null }, owner);

  const day = page.getByRole('region', { name: 'The last day', exact: true });
  await expect(async () => {
    // Once its seconds are over, this refreshes.
    await vend(app, short);
    // What happened is counted by the tick of each minute.
    await second.until(sql`select 1`);
    await page.goto('/admin');
    // Other stories of this app may have read tokens too; these eight are the least.
    expect((await figure(day, 'Tokens read')).count).toBeGreaterThanOrEqual(8);
    expect((await figure(day, 'Reads refused')).count).toBeGreaterThanOrEqual(1);
    expect((await figure(day, 'Refreshes')).count).toBeGreaterThanOrEqual(1);
  }).toPass({ timeout: 60_000, intervals: [1_000] });
  expect(await faults(page)).toEqual([]);

  // Of 30 days, and of the grants: each picture has a table.
  const refreshes = page.getByRole('region', { name: 'Refresh success' });
  await expect(refreshes).toContainText(/Last 7 days[\d.]+% of [\d,]+ refresh(?:es)? succeeded/);
  await expect(refreshes.getByRole('table', { name: 'Refreshes by provider' })).toContainText('Salesforce');
  await refreshes.getByText('Day by day, as a table').click();
  await expect(refreshes.getByRole('table', { name: 'Refreshes by day' }).getByRole('row')).toHaveCount(31);
  const ages = page.getByRole('region', { name: 'Age and last use of grants' });
  const [, live] = /All ([\d,]+) live grants/.exec((await ages.textContent()) ?? '') ?? [];
  expect(live).toBeDefined();
  // Other stories of this app may have aged some of theirs; each is in one row of either table.
  for (const name of ['Age of the grant', 'Last use']) {
    const counts = await ages
      .getByRole('table', { name, exact: true })
      .locator('tbody tr td:last-child')
      .allTextContents();
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(Number(live));
  }
  await expect(ages.getByRole('row', { name: 'Up to 7 days' })).toContainText(/days[1-9]/);

  // Of the day: each figure, by hour too, is a list of so many entries.
  const figures: Awaited<ReturnType<typeof figure>>[] = [];
  for (const name of ['Tokens read', 'Reads refused', 'Refreshes']) figures.push(await figure(day, name));
  await day.getByText('By the hour, as a table').click();
  const hours = day.getByRole('table', { name: 'Reads and refreshes by the hour' });
  await expect(hours.getByRole('row')).toHaveCount(25);
  figures.push(await figure(hours, 'Tokens read'));
  const columns = await day.locator('svg a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect(columns).toContain(figures[3]?.href);
  const unwell = page.getByRole('region', { name: 'Refused and failed in the last day' });
  // By the same name the same number.
  expect(await figure(unwell, 'Reads refused')).toEqual(await figure(day, 'Reads refused'));
  const connections = page.getByRole('table', { name: 'Connections by provider' });
  const github1 = await figure(connections, 'Connected of GitHub');
  const revoked = await figure(connections, 'Revoked of Okta');
  const all = await figure(connections, 'all of Auth0');
  const total = await figure(page.getByRole('region', { name: 'Connections', exact: true }), 'Connected');
  for (const { count, href } of figures) expect(await rowsOf(page, href, 'Ledger'), href).toBe(count);
  for (const { count, href } of [github1, revoked, all, total]) {
    expect(count).toBeGreaterThanOrEqual(1);
    expect(await rowsOf(page, href, 'Connections'), href).toBe(count);
  }
});

test('what needs a person is told, by keyboard too, and to an auditor alike', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const person = await newPage();
  await signInAs(person, app, someone('Owner'));
  const id = await givenConnection(person, app, 'github');
  await makeKey(app, 'tokens:vend');
  await page.goto(`/admin/connections/${id}`);
  await freezeBy(page, 'Freeze', 'being looked into');

  const auditor = await newPage();
  await makeAuditor(page, auditor, app);

  for (const one of [page, auditor]) {
    await one.goto('/admin');
    const needs = one.getByRole('region', { name: 'Needs attention' });
    const freeze = needs.getByRole('link', { name: /freezes? (?:is|are) in force$/ });
    await expect(freeze).toBeVisible();
    await expect(one.getByRole('link', { name: /^\d+ Frozen of GitHub$/ }).first()).toBeVisible();
    expect(await faults(one)).toEqual([]);
    // From the page's content on, one link after another, and Enter.
    await one.getByRole('link', { name: 'Refresh', exact: true }).focus();
    await expect(async () => {
      await one.keyboard.press('Tab');
      expect(await freeze.evaluate((element) => element === document.activeElement)).toBe(true);
    }).toPass({ intervals: [1] });
    await one.keyboard.press('Enter');
    await expect(one).toHaveURL(/\/admin\/freezes$/);
    await one.goBack();
    await expect(needs).toBeVisible();
  }
  await expect(auditor.getByRole('button', { name: /Freeze|Thaw|Revoke/ })).toHaveCount(0);
});
