import { expect, test } from './fixtures.ts';
import { cutOff, look, narrow, seriousFaults } from './look.ts';
import { card, connectionInAddress, givenConnection, personOf, signInAs, someone, vend } from './steps.ts';

test('a visitor’s pages look right, light and dark, wide and narrow', async ({ newPage, expectedConsole }) => {
  expectedConsole.push(/status of 40[04]/);
  const page = await newPage();
  for (const path of ['/sign-in', '/sign-in?flow=access_denied&ref=req_0123456789abcdef']) await look(page, path);
  for (const path of ['/docs/api', '/nothing', '/oauth/callback?state=a&code=b']) await look(page, path);
});

test('a person’s pages look right, light and dark, wide and narrow', async ({
  newPage,
  app,
  switchProvider,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 404/);
  const page = await newPage();
  await signInAs(page, app, someone());
  await look(page, '/connections');
  const id = await givenConnection(page, app, 'okta', someone('Somebody with a name that is rather long'));
  await vend(app, id);
  const ended = await givenConnection(page, app, 'github');
  await page.goto(`/connections/${ended}/disconnect`);
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await card(page, 'github').getByText('Revoked').waitFor();
  const account = someone();
  const calendar = 'https://www.googleapis.com/auth/calendar.readonly';
  await switchProvider('google', { shrink_scopes: [calendar] }, account);
  const incomplete = await givenConnection(page, app, 'google', account);
  await look(page, `/connections?flow=scopes_missing&provider=google&connection=${incomplete}`);
  const paths = [
    `/connections/${id}`,
    `/connections/${ended}`,
    `/connections/${id}/disconnect`,
    '/account',
    '/activity',
  ];
  for (const path of [...paths, '/connect?provider=okta', '/step-up?return_to=%2Faccount', '/connections/nothing'])
    await look(page, path);
});

test('the admin pages look right, light and dark, wide and narrow', async ({ newPage, app, expectedConsole }) => {
  expectedConsole.push(/status of 404/);
  const page = await newPage();
  await signInAs(page, app, 'admin@example.com');
  const id = await givenConnection(page, app, 'okta');
  await vend(app, id);
  // Its name stands in the filters of other lists.
  const registered = await app.grantkeep(
    ...['application', 'create', '--name', `Planner ${'of a name that goes on and on '.repeat(3)}`.slice(0, 80).trim()],
    ...['--contact', 'https://planner.example/contact', '--return-url', 'https://planner.example/connected'],
    ...['--scope', 'okta:openid'],
  );
  const { id: application } = JSON.parse(registered) as { id: string };
  // A name without a place to break.
  await app.grantkeep('api-key', 'create', '--name', 'k'.repeat(80), '--scope', 'tokens:vend');
  const [newest = ''] = (await app.grantkeep('api-key', 'list')).split('\n');
  const key = (JSON.parse(newest) as { id: string }).id;
  const lists = [
    '/admin',
    '/admin/connections',
    '/admin/connections?q=nobody-at-all',
    '/admin/people',
    '/admin/api-keys',
    '/admin/applications',
    '/admin/applications/new',
    '/admin/freezes',
    '/admin/freezes?q=nothing-at-all',
    '/admin/providers',
    '/admin/providers/okta',
    '/admin/revocations',
    '/admin/status',
    '/admin/ledger',
    '/admin/ledger?action=token.vended&outcome=failed',
    '/admin/keys',
    '/admin/ledger/seals',
    '/admin/alerts',
    '/admin/alerts/rules',
    '/admin/alerts/rules/failed_exchanges',
    '/admin/alerts/webhooks',
    '/admin/conformance',
    '/admin/search',
    '/admin/search?q=example',
    '/admin/search?q=kkkkkkkk',
    '/admin/search?q=nobody-at-all',
    '/admin/requests/req_0123456789abcdef',
  ];
  for (const path of [
    ...lists,
    `/admin/api-keys/${key}`,
    `/admin/connections/${id}`,
    `/admin/people/${await personOf(app, id)}`,
  ]) {
    await look(page, path);
    expect.soft(await cutOff(page), path).toEqual([]);
  }
  await look(page, `/admin/applications/${application}`);
  expect.soft(await cutOff(page)).toEqual([]);
});

test('what is frozen, and what a bulk revocation would end, look right with more to say than there is room', async ({
  newPage,
  app,
}) => {
  const page = await newPage();
  await signInAs(page, app, 'admin@example.com');
  await givenConnection(page, app, 'okta', someone('Somebody with a name that is rather long and goes on'));
  await page.goto('/admin/revocations?provider=okta');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.waitForURL(/\/blk_/);
  const preview = new URL(page.url()).pathname;
  const reason = `${'tokens leaked and nobody knows how far it goes, '.repeat(4)}INCIDENT-${'0123456789'.repeat(6)}`;
  await app.grantkeep('freeze', '--all', '--reason', reason);
  await app.grantkeep('freeze', '--provider', 'github', '--reason', reason);
  try {
    for (const path of ['/admin/freezes', preview]) {
      await look(page, path);
      expect.soft(await cutOff(page), path).toEqual([]);
    }
    await look(page, '/connections');
    await page.goto('/admin/status');
    await page.getByRole('button', { name: /^Freeze Okta/ }).click();
    await expect(page.getByRole('textbox', { name: 'Reason' })).toBeVisible();
    expect(await seriousFaults(page)).toEqual([]);
  } finally {
    await app.grantkeep('thaw', '--all', '--reason', 'the story is over');
    await app.grantkeep('thaw', '--provider', 'github', '--reason', 'the story is over');
  }
});

test('an open dialog and the drawer look right too', async ({ newPage, app }) => {
  const page = await newPage();
  await signInAs(page, app, 'admin@example.com');
  const id = await givenConnection(page, app, 'okta');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(`/admin/connections/${id}`);
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Reason' })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.setViewportSize(narrow);
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await expect(page.getByRole('dialog', { name: 'Admin' }).getByRole('link', { name: 'People' })).toBeVisible();
  expect(await seriousFaults(page)).toEqual([]);
});

test('the chosen theme is remembered, and the next page comes in it from the server', async ({ newPage, app }) => {
  const page = await newPage();
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/sign-in');
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await paper();
  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.getByRole('button', { name: 'Dark theme' })).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(paper).not.toBe(light);
  await signInAs(page, app, someone());
  expect(await (await page.request.get('/connections')).text()).toContain('data-theme="dark"');
});

test('by keyboard alone one connects, finds out, and disconnects', async ({ newPage, app }) => {
  const page = await newPage();
  await signInAs(page, app, someone());
  await page.goto('/connections');

  /** Tabs on until the focus is on what has this name, as somebody without a mouse does. */
  async function reach(role: 'button' | 'link' | 'textbox', name: string | RegExp): Promise<void> {
    const wanted = page.getByRole(role, { name }).first();
    await wanted.waitFor();
    for (let stop = 0; stop < 60; stop++) {
      await page.keyboard.press('Tab');
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error(`The keyboard does not reach the ${role} ${name}.`);
  }
  async function reachMenu(): Promise<void> {
    const menu = page.getByLabel(/^Actions for /);
    for (let stop = 0; stop < 60; stop++) {
      await page.keyboard.press('Tab');
      if (await menu.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error('The keyboard does not reach the menu.');
  }

  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeInViewport();
  await page.keyboard.press('Enter');
  await reach('button', 'Connect GitHub');
  await page.keyboard.press('Enter');
  await reach('textbox', 'Another account');
  await page.keyboard.type(someone());
  await page.keyboard.press('Enter');
  await reach('button', 'Allow');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/connections\?/);
  connectionInAddress(page);
  // The focus is on the answer, so the account's row is next.
  const answer = page.getByRole('status').filter({ hasText: 'GitHub is connected' });
  await expect(answer).toBeFocused();
  // A browser may drop the focus later, when it jumps to the address's fragment.
  await answer.evaluate((element) => element.blur());
  await expect(answer).toBeFocused();
  await reachMenu();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Details' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: 'Details' })).toBeHidden();
  await page.keyboard.press('Enter');
  await reach('button', 'Disconnect');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/disconnect/);
  await reach('button', 'Disconnect');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'GitHub is disconnected' })).toBeFocused();
});

test('a slash leads to the search of every page, and a dialog gives the focus back', async ({ newPage, app }) => {
  const page = await newPage();
  await signInAs(page, app, 'admin@example.com');
  const id = await givenConnection(page, app, 'okta');
  await page.goto('/admin/people');
  const search = page.getByRole('searchbox', { name: 'Search everything' });
  // The page listens once its script runs.
  await expect(async () => {
    await page.keyboard.press('/');
    await expect(search).toBeFocused({ timeout: 200 });
  }).toPass();
  await page.keyboard.type('nobody-at-all');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();

  await page.goto(`/admin/connections/${id}`);
  const revoke = page.getByRole('button', { name: 'Revoke', exact: true });
  await revoke.click();
  await expect(page.getByRole('textbox', { name: 'Reason' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await expect(revoke).toBeFocused();
});
