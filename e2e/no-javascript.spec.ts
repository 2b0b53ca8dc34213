import { expect, test } from './fixtures.ts';
import { allowAs, card, connectionInAddress, someone, statusWithToken, vend } from './steps.ts';

test('without JavaScript one signs in, connects, disconnects and signs out', async ({ browser, app, demo: _ }) => {
  const context = await browser.newContext({ baseURL: app.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in with Demo' }).click();
  await page.getByLabel('Another user').fill(someone());
  await page.getByRole('button', { name: 'Use this name' }).click();
  await expect(page.getByRole('heading', { name: 'Connections', level: 1 })).toBeVisible();

  await page.getByRole('button', { name: 'Connect GitHub' }).click();
  await allowAs(page, someone());
  const github = card(page, 'github');
  await expect(github.getByText('GitHub is connected')).toBeVisible();
  await expect(github.getByText('Connected', { exact: true })).toBeVisible();
  const { access_token } = await vend(app, connectionInAddress(page));

  await page.getByRole('button', { name: 'Dark theme' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await github.getByLabel(/^Actions for /).click();
  await github.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await expect(github.getByText('GitHub is disconnected')).toBeVisible();
  await expect(github.getByText('Revoked', { exact: true })).toBeVisible();
  await expect.poll(() => statusWithToken(app, 'github', access_token)).toBe(401);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You are signed out')).toBeVisible();
  await page.goto('/connections');
  await expect(page).toHaveURL(/\/sign-in/);
  await context.close();
});
