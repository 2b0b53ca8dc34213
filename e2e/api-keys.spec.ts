import { sql } from 'drizzle-orm';
import { expect, test } from './governed.ts';
import { callHub, givenConnection, signInAs, someone, stepUpAs, stepUpByHand } from './steps.ts';

test('an API key is limited to a provider, and says when it is used', async ({ asAdmin: page, newPage, app }) => {
  const owner = await newPage();
  await signInAs(owner, app, someone());
  const [okta, github] = [await givenConnection(owner, app, 'okta'), await givenConnection(owner, app, 'github')];
  const name = someone('limited');
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto('/admin/api-keys');
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByText('No key was made')).toBeVisible();
  await page.getByRole('checkbox', { name: 'tokens:vend' }).check();
  await page.getByRole('checkbox', { name: 'Okta' }).check();
  await page.getByRole('combobox', { name: 'Expires' }).selectOption('In 7 days');
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('heading', { name: `${name} is ready` })).toBeVisible();
  const key = (await page.getByText(/^gk_[\w-]{40,}$/).textContent()) ?? '';
  expect((await callHub(app, key, `/connections/${okta}/token`, 'POST')).status).toBe(200);
  expect((await callHub(app, key, `/connections/${github}/token`, 'POST')).status).toBe(404);
  expect((await callHub(app, key, `/connections/${okta}`)).status).toBe(403);
  await page.reload();
  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('next week');
  await expect(row).not.toContainText('never');

  // From now on it is expected from elsewhere.
  await row.getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const limits = page.getByRole('region', { name: 'About' });
  const status = async () => (await callHub(app, key, `/connections/${okta}/token`, 'POST')).status;
  await page.getByRole('button', { name: 'Addresses' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('textbox', { name: 'Expected from' }).fill('203.0.113.0/24\nsomewhere');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('"somewhere" is neither an address nor a network')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Expected from' }).fill('203.0.113.0/24');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(limits).toContainText('203.0.113.0/24');
  expect(await status()).toBe(403);
  await page.getByRole('button', { name: 'Addresses' }).click();
  await dialog.getByRole('combobox').selectOption('is answered, and raises an alert');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(limits).toContainText('alert elsewhere');
  expect(await status()).toBe(200);
});

test('a key is made after a fresh sign-in only, and stays on the page until it is stored', async ({
  asAdmin: page,
  app,
  second,
}) => {
  const stale = () =>
    second.rows(
      sql`update sessions set authenticated_at = now() - interval '6 minutes' where authenticated_at is not null`,
    );
  const make = async (name: string) => {
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('checkbox', { name: 'tokens:vend' }).check();
    await page.getByRole('button', { name: 'Create API key' }).click();
  };
  const [first, third] = [someone('first'), someone('third')];
  await page.goto('/admin/api-keys');
  await expect(page.getByText('Making a key needs a fresh sign-in')).toBeVisible();
  // What was typed before the sign-in is there after it, and what was submitted goes on.
  await make(first);
  await expect(page.getByText('No key was made')).toBeVisible();
  await stepUpByHand(page, /\/admin\/api-keys$/);
  await expect(page.getByRole('heading', { name: `${first} is ready` })).toBeVisible();
  const shown = async () => (await page.getByText(/^gk_[\w-]{40,}$/).textContent()) ?? '';
  const old = await shown();
  await page.getByRole('button', { name: 'I have stored it' }).click();

  // It is rotated. The page is drawn anew while the new key is still shown, and the sign-in is over.
  await page.getByRole('link', { name: first }).click();
  await page.getByRole('combobox', { name: 'Both are accepted' }).selectOption('For an hour');
  await page.getByRole('button', { name: 'Rotate key' }).click();
  await expect(page.getByRole('heading', { name: `The new key of ${first} is ready` })).toBeVisible();
  await expect(page.getByText('A new key replaces this one')).toBeVisible();
  await stale();
  await page.getByRole('button', { name: 'Edit details' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('textbox', { name: 'Purpose' }).fill('Puts your invoices into the archive');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'About' })).toContainText('Puts your invoices into the archive');
  const key = await shown();
  for (const accepted of [old, key]) expect((await callHub(app, accepted, '/connections')).status).toBe(403);
  await page.getByRole('button', { name: `Revoke ${first}` }).click();
  await dialog.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByText('Revoked', { exact: true })).toBeVisible();
  expect((await callHub(app, old, '/connections')).status).toBe(401);
  expect((await callHub(app, key, '/connections')).status).toBe(403);
  await page.goto('/admin/api-keys');
  await expect(page.getByText('Making a key needs a fresh sign-in')).toBeVisible();

  // Over between the page and the press: nothing is made.
  await stepUpAs(page, app, 'admin@example.com');
  await page.reload();
  await stale();
  await make(third);
  await expect(page.getByText('No key was made')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: third })).toHaveCount(0);
  await stepUpByHand(page, /\/admin\/api-keys$/);
  await expect(page.getByRole('heading', { name: `${third} is ready` })).toBeVisible();
});
