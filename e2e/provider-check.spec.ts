import { expect, test } from './fixtures.ts';
import { cutOff, look, wide } from './look.ts';
import { makeAuditor, signInAs, someone } from './steps.ts';

test('an administrator checks a provider, sees what fails and how to mend it, and checks again', async ({
  asAdmin: page,
  demo,
}) => {
  const google = demo.server('google');
  google.switches.token_error = 'invalid_client';
  await page.goto('/admin/status');
  await page.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: 'Providers' }).click();
  await page.waitForURL('**/admin/providers');
  await page.getByRole('table', { name: 'Providers' }).getByRole('link', { name: 'Google', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Google' })).toBeVisible();

  const setup = page.getByRole('region', { name: 'Setup' });
  await expect(setup).toContainText('/oauth/callback/google');
  await expect(setup.getByRole('button', { name: 'Copy the redirect URI' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'What the hub does here' })).toContainText('Always, with S256');

  const check = page.getByRole('region', { name: 'Check', exact: true });
  await check.getByRole('button', { name: 'Check now Google' }).click();
  const failing = check.getByRole('listitem').filter({ hasText: 'Client authentication' });
  await expect(failing).toContainText('Fails');
  await expect(failing).toContainText('The server does not know the client: invalid_client.');
  await expect(failing).toContainText('client_secret_env');
  await expect(check.getByRole('status').first()).toContainText(/Checked .* by .*: \d+ pass, 1 fail/);

  await look(page, '/admin/providers/google');
  expect.soft(await cutOff(page)).toEqual([]);
  await page.setViewportSize(wide);

  google.reset();
  await check.getByRole('button', { name: 'Check now Google' }).click();
  await expect(check.getByRole('status').first()).toContainText(/\d+ pass, 0 fail/);
  await check.getByText(/^\d+ checks pass$/).click();
  await expect(check.getByRole('listitem').filter({ hasText: 'Client authentication' })).toContainText('Passes');
  await page.getByRole('link', { name: 'Providers' }).last().click();
  await expect(page.getByRole('row', { name: /^Google/ })).toContainText('Nothing fails');
  await page.goto('/admin/ledger?action=provider.checked');
  await expect(page.getByRole('row', { name: /Provider checked/ }).first()).toBeVisible();
});

test('an auditor reads the last check and cannot begin one; for other people there is no page', async ({
  asAdmin,
  newPage,
  app,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 404/);
  await app.grantkeep('provider', 'check', 'okta', '--json');
  const [auditor, user] = [await newPage(), await newPage()];
  await makeAuditor(asAdmin, auditor, app);
  await auditor.goto('/admin/providers/okta');
  await expect(auditor.getByRole('region', { name: 'Check', exact: true })).toContainText(
    /Checked .* by the command line/,
  );
  await expect(auditor.getByRole('button', { name: /Check now/ })).toHaveCount(0);
  await signInAs(user, app, someone());
  for (const path of ['/admin/providers', '/admin/providers/okta', '/admin/providers/nothing'])
    expect((await user.goto(path))?.status()).toBe(404);
});
