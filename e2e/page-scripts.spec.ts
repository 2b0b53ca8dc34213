import type { Page } from '@playwright/test';
import type { InlineScript } from '#lib/page-scripts/inline-scripts';
import type { ScriptInventory } from '#lib/page-scripts/inventory';
import type { RunningApp } from './app-process.ts';
import { expect, test } from './fixtures.ts';
import { strangers, watchScripts } from './ran-scripts.ts';
import { givenConnection } from './steps.ts';

type Inventory = ScriptInventory & { inline: InlineScript[] };

const inventoryOf = async (app: RunningApp): Promise<Inventory> => JSON.parse(await app.grantkeep('scripts', '--json'));

/** The scripts of the document as the browser has them now. */
const elements = (page: Page) =>
  page.evaluate(() =>
    [...document.scripts].map(({ src, integrity, nonce }) => ({ src, integrity, carriesNonce: nonce !== '' })),
  );

test('the scripts that run on the pages are those of the inventory, each with integrity', async ({
  asAdmin: page,
  app,
  expectedConsole,
}) => {
  expectedConsole.push(/404.*\/nothing/);
  const inventory = await inventoryOf(app);
  await givenConnection(page, app, 'okta');
  const ran = await watchScripts(page);
  const sections = ['Connections', 'People', 'Providers', 'API keys', 'Ledger', 'Checks', 'Evidence', 'Conformance'];
  for (const path of ['/connections', '/account', '/activity', '/docs/api', '/nothing', '/admin/status', '/admin']) {
    await page.goto(path);
    for (const { src, integrity, carriesNonce } of await elements(page))
      expect.soft(src === '' ? carriesNonce : integrity, `${path}: ${src}`).toBeTruthy();
  }
  // From here on Next's runtime adds the scripts, one page after the other.
  const navigation = page.getByRole('navigation', { name: 'Admin sections' });
  for (const name of sections) {
    await navigation.getByRole('link', { name, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  }
  const added = (await elements(page)).filter(({ src }) => src !== '');
  expect(added.filter(({ integrity }) => integrity === '')).toEqual([]);
  const seen = await ran();
  expect(strangers(inventory, seen)).toEqual([]);
  const files = new Set(seen.flatMap(({ path, inline }) => (inline ? [] : [path])));
  expect(files.size).toBeGreaterThan(12);
  expect(inventory.scripts.filter(({ path, kind }) => kind === 'unused' && files.has(path))).toEqual([]);

  await expect(page.getByRole('region', { name: 'Scripts of the pages' })).toContainText(inventory.build);
});

test('a script that got into a page beside the inventory is found, even with the nonce of the page', async ({
  asUser: page,
  app,
  expectedConsole,
}) => {
  expectedConsole.push(/integrity/i);
  const inventory = await inventoryOf(app);
  await page.route('**/planted.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: `window.name += 'file'` }),
  );
  await page.route('**/account', async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    const nonce = /nonce="([\w-]+)"/.exec(body)?.[1];
    const planted = `<script nonce="${nonce}">window.name += 'inline'</script><script nonce="${nonce}" src="/planted.js"></script>`;
    await route.fulfill({ response, body: body.replace('</body>', `${planted}</body>`) });
  });
  const ran = await watchScripts(page);
  await page.goto('/account');
  // The file has no integrity, so the browser does not run it. The other one no header can tell from ours.
  await expect.poll(() => page.evaluate(() => window.name)).toBe('inline');
  expect(strangers(inventory, await ran())).toEqual([
    expect.stringContaining(`inline at /account: window.name += 'inline'`),
  ]);
});

test('a script that was changed after the build does not run, at the first page and at the next', async ({
  asUser: page,
  app,
  expectedConsole,
}) => {
  expectedConsole.push(/integrity/i, /Failed to load|ChunkLoadError|chunk/i);
  const inventory = await inventoryOf(app);
  const changed: string[] = [];
  await page.route('**/_next/static/chunks/*.js', async (route) => {
    const { pathname } = new URL(route.request().url());
    const script = inventory.scripts.find(({ path }) => path === pathname);
    if (script?.kind !== 'pages' || !script.pages.includes('/activity')) return route.fallback();
    changed.push(pathname);
    const response = await route.fetch();
    await route.fulfill({ response, body: `window.name = 'taken';${await response.text()}` });
  });
  await page.goto('/activity');
  await expect.poll(() => changed.length).toBeGreaterThan(0);
  expect(await page.evaluate(() => window.name)).toBe('');
  const atFirst = changed.length;
  await page.unroute('**/_next/static/chunks/*.js');
  await page.goto('/connections');
  await page.route('**/_next/static/chunks/*.js', async (route) => {
    changed.push(route.request().url());
    const response = await route.fetch();
    await route.fulfill({ response, body: `window.name = 'taken';${await response.text()}` });
  });
  await page.getByRole('link', { name: 'Activity' }).first().click();
  await expect.poll(() => changed.length).toBeGreaterThan(atFirst);
  await page.waitForLoadState('networkidle');
  expect(await page.evaluate(() => window.name)).toBe('');
});
