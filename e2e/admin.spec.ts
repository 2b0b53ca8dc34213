import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import {
  givenConnection,
  personOf,
  signInAs,
  someone,
  statusOf,
  statusWithToken,
  stepUpAs,
  stepUpByHand,
  vend,
} from './steps.ts';

const login = (name: string) => name.toLowerCase().replaceAll(' ', '-');

/** Opens a person's admin page by way of the list's search. */
async function openPerson(page: Page, name: string): Promise<void> {
  await page.goto(`/admin/people?q=${encodeURIComponent(name)}`);
  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
}

async function giveRole(page: Page, name: string, role: string): Promise<void> {
  await openPerson(page, name);
  await page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
  await page.getByRole('button', { name: 'Change role' }).click();
  await expect(page.getByText(`The role is ${role} now`)).toBeVisible();
}

test.describe('connections', () => {
  test('the list is searched, filtered and sorted in the address', async ({ asAdmin: page, newPage, app }) => {
    const owner = await newPage();
    const name = someone('Owner');
    await signInAs(owner, app, name);
    const [first, second] = [someone('Alpha'), someone('Beta')];
    await givenConnection(owner, app, 'github', first);
    await givenConnection(owner, app, 'okta', second);
    await page.goto('/admin/connections');
    const table = page.getByRole('table', { name: 'Connections' });
    const rows = table.getByRole('row').filter({ has: page.getByRole('link') });

    await page.getByRole('searchbox', { name: 'Search connections' }).fill(name);
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect(page).toHaveURL(/\?q=Owner/);
    await expect(table.getByRole('row')).toHaveCount(3);
    await expect(table.getByRole('row').nth(1)).toContainText('Okta');
    await table.getByRole('link', { name: 'Created' }).click();
    await expect(page).toHaveURL(/sort=oldest/);
    await expect(table.getByRole('row').nth(1)).toContainText(login(first));
    await expect(table.getByRole('columnheader', { name: 'Created' })).toHaveAttribute('aria-sort', 'ascending');

    await page.getByLabel('Provider').selectOption('Okta');
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect(page).toHaveURL(/provider=okta/);
    await expect(table.getByRole('row')).toHaveCount(2);
    // Picked with a mouse it holds at once. The page listens once its script runs.
    await expect(async () => {
      await page.getByLabel('Status').dispatchEvent('pointerdown');
      await page.getByLabel('Status').selectOption('Revoked');
      // A second pick would be a second step of the browser's history.
      await expect(page).toHaveURL(/status=revoked/, { timeout: 10_000 });
    }).toPass();
    await expect(page.getByText('Nothing matches')).toBeVisible();
    await page.goBack();
    await expect(table.getByRole('row')).toHaveCount(2);
    await page.getByRole('link', { name: 'Show all' }).click();
    await expect(page).toHaveURL(/\/admin\/connections$/);
    await expect(rows.first()).toBeVisible();
  });

  test('one is revoked with a reason, and its token is dead', async ({ asAdmin: page, newPage, app }) => {
    const owner = await newPage();
    await signInAs(owner, app, someone());
    const id = await givenConnection(owner, app, 'okta');
    const { access_token } = await vend(app, id);
    await page.goto(`/admin/connections/${id}`);
    await page.getByRole('button', { name: 'Revoke', exact: true }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Revoke this connection?' });
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('left the project');
    await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText('Revoked', { exact: true }).first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Revoke', exact: true })).toHaveCount(0);
    await expect.poll(() => statusWithToken(app, 'okta', access_token)).toBe(401);

    await owner.goto(`/connections/${id}`);
    await expect(owner.getByText('Disconnected by an administrator')).toBeVisible();
  });

  test('many are revoked at once only after typing so', async ({ asAdmin: page, newPage, app }) => {
    const owner = await newPage();
    const name = someone('Owner');
    await signInAs(owner, app, name);
    const ids = [await givenConnection(owner, app, 'okta'), await givenConnection(owner, app, 'auth0')];
    const kept = await givenConnection(owner, app, 'github');
    await page.goto(`/admin/connections?q=${encodeURIComponent(name)}`);
    for (const provider of ['Okta', 'Auth0']) {
      await page.getByRole('checkbox', { name: new RegExp(`^Select .*, ${provider}$`) }).check();
    }
    await expect(page.getByRole('status').filter({ hasText: '2 selected' })).toBeVisible();
    await page.getByRole('button', { name: 'Revoke 2' }).click();
    // First what it comes to, then the same button once more.
    await expect(page).toHaveURL(/\/admin\/revocations\/blk_/);
    await expect(page.getByText('Nothing is revoked yet')).toBeVisible();
    await stepUpAs(page, app, 'admin@example.com');
    await page.reload();
    await page.getByRole('button', { name: 'Revoke 2' }).click();
    const dialog = page.getByRole('alertdialog', { name: 'Revoke 2 connections?' });
    const confirm = dialog.getByRole('button', { name: 'Revoke 2' });
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('clearing up');
    await expect(confirm).toBeDisabled();
    await dialog.getByRole('textbox', { name: /^Type/ }).fill('revoke 3');
    await expect(confirm).toBeDisabled();
    await dialog.getByRole('textbox', { name: /^Type/ }).fill('revoke 2');
    await confirm.click();
    await expect(page.getByText('2 of 2 revoked here')).toBeVisible();
    await expect(page.getByText('2 of 2 proved dead')).toBeVisible();
    for (const id of ids) expect(await statusOf(app, id)).toBe('revoked');
    expect(await statusOf(app, kept)).toBe('connected');
  });
});

test.describe('people', () => {
  test('a new role counts from the person’s next click', async ({ asAdmin: page, newPage, app, expectedConsole }) => {
    expectedConsole.push(/status of 404/);
    const other = await newPage();
    const name = someone();
    await signInAs(other, app, name);
    await other.goto('/admin/people');
    await expect(other.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
    await openPerson(page, name);
    await page.getByRole('radio', { name: /^Administrator/ }).check();
    await page.getByRole('button', { name: 'Change role' }).click();
    await expect(page.getByText('The role was not changed')).toBeVisible();
    await stepUpByHand(page, /\/admin\/people\/per_/);
    await expect(page.getByText('The role is Administrator now')).toBeVisible();
    await other.goto('/admin/people');
    await expect(other.getByRole('heading', { name: 'People', level: 1 })).toBeVisible();
    await giveRole(page, name, 'User');
    await other.goto('/admin/people');
    await expect(other.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  });

  test('who is disabled is out at the next click and cannot sign in, until enabled', async ({
    asAdmin: page,
    signedIn,
  }) => {
    const name = someone();
    const other = await signedIn(name);
    await openPerson(page, name);
    await page.getByRole('button', { name: 'Disable' }).click();
    const dialog = page.getByRole('alertdialog', { name: `Disable ${name}?` });
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('on leave');
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await expect(page.getByRole('alertdialog')).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Enable' })).toBeVisible();

    await other.getByRole('link', { name: 'Account' }).click();
    await other.waitForURL(/\/sign-in/);
    const enter = async () => {
      await other.getByRole('button', { name: 'Sign in with Demo' }).click();
      await other.getByLabel('Another user').fill(name);
      await other.getByRole('button', { name: 'Use this name' }).click();
    };
    await enter();
    await expect(other.getByText('An administrator disabled this account.')).toBeVisible();

    await page.getByRole('button', { name: 'Enable' }).click();
    await expect(page.getByText('This needs a fresh sign-in')).toBeVisible();
    await stepUpByHand(page, /\/admin\/people\/per_/);
    const enabling = page.getByRole('alertdialog', { name: `Enable ${name}?` });
    await enabling.getByRole('textbox', { name: 'Reason' }).fill('back again');
    await enabling.getByRole('button', { name: 'Enable' }).click();
    await expect(page.getByRole('alertdialog')).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Disable' })).toBeVisible();
    await enter();
    await other.waitForURL(/\/connections|\/account/);
  });

  test('who is deleted loses connections and profile, and the list says so', async ({
    asAdmin: page,
    newPage,
    app,
  }) => {
    const other = await newPage();
    const name = someone();
    await signInAs(other, app, name);
    const id = await givenConnection(other, app, 'okta');
    const person = await personOf(app, id);
    const { access_token } = await vend(app, id);
    await stepUpAs(page, app, 'admin@example.com');
    await openPerson(page, name);
    await page.getByRole('button', { name: 'Delete person' }).click();
    const dialog = page.getByRole('alertdialog', { name: `Delete ${name}?` });
    await expect(dialog).toContainText('Their connection is revoked, here and at the provider.');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('asked for it');
    await dialog.getByRole('textbox', { name: /^Type/ }).fill('delete');
    await dialog.getByRole('button', { name: 'Delete person' }).click();
    await expect(page.getByText('The person is deleted')).toBeVisible();

    await expect.poll(() => statusWithToken(app, 'okta', access_token)).toBe(401);
    await page.goto(`/admin/people?q=${encodeURIComponent(name)}`);
    await expect(page.getByText('No person matches')).toBeVisible();
    expect((await page.request.get(`/admin/people/${person}`)).status()).toBe(404);
    expect((await other.request.get('/connections', { maxRedirects: 0 })).status()).toBe(307);
  });

  test('a browser of theirs is signed out from here', async ({ asAdmin: page, signedIn }) => {
    const name = someone();
    const other = await signedIn(name);
    await openPerson(page, name);
    await page.getByRole('region', { name: 'Signed in' }).getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByText('Nowhere at the moment.')).toBeVisible();
    await other.reload();
    await expect(other).toHaveURL(/\/sign-in/);
  });
});
