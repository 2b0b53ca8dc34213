import { expect, test } from './fixtures.ts';
import { callHub, givenConnection, makeAuditor, serviceKey, signInAs, someone } from './steps.ts';

test('a provider that fails opens its circuit, and the status page tells so until it answers again', async ({
  asAdmin: page,
  app,
  switchProvider,
  providerFails,
  providerWorks,
  newPage,
}) => {
  const person = await newPage();
  await signInAs(person, app, someone());
  // Over within seconds, so that calls need a refresh.
  const account = someone();
  await switchProvider('salesforce', { access_token_ttl_s: 5 }, account);
  const connection = await givenConnection(person, app, 'salesforce', account);
  await page.goto('/admin/status');
  const row = page.getByRole('table', { name: 'Providers' }).getByRole('row', { name: /^Salesforce/ });
  await expect(row).toBeVisible();
  await expect(page.getByText('Salesforce is not answering')).toHaveCount(0);

  await providerFails('salesforce', 'unavailable', account);
  const key = await serviceKey(app);
  const vendOnce = () => callHub(app, key, `/connections/${connection}/token`, 'POST');
  await expect(async () => {
    expect((await vendOnce()).status).toBe(503);
    await page.goto('/admin/status');
    await expect(page.getByText('Salesforce is not answering')).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(row).toContainText(/Open|Being tried/);
  await expect(row).toContainText('provider_unavailable');
  await expect(page.getByText('Services still get tokens that live')).toBeVisible();
  await page.goto('/admin/connections');
  await expect(page.getByText('Salesforce is not answering')).toBeVisible();
  await page.getByRole('link', { name: 'Status' }).last().click();
  await expect(page.getByRole('heading', { name: 'Status', level: 1 })).toBeVisible();

  await providerWorks('salesforce', account);
  await expect(async () => expect((await vendOnce()).status).toBe(200)).toPass();
  await page.getByRole('link', { name: 'Refresh', exact: true }).click();
  await expect(page.getByText('Salesforce is not answering')).toHaveCount(0);
  await expect(row).toContainText('Closed');
});

test('the status page shows the process that answers, its jobs and its database', async ({ asAdmin: page }) => {
  await page.goto('/admin/status');
  const processes = page.getByRole('table', { name: 'Processes' });
  await expect(processes.getByRole('row', { name: /prc_\w+ \(answers this page\)/ })).toContainText('Running');
  await expect(page.getByRole('table', { name: 'Background jobs' }).getByRole('row')).toHaveCount(3);
  const database = page.getByRole('region', { name: 'Database' });
  await expect(database).toContainText('Embedded (PGlite)');
  await expect(database).toContainText('This build’s');
  await expect(page.getByText('This could not be read')).toHaveCount(0);
});

test('an auditor sees the status page; for a person without that role there is none', async ({
  asAdmin,
  newPage,
  app,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 404/);
  const [auditor, user] = [await newPage(), await newPage()];
  await makeAuditor(asAdmin, auditor, app);
  await auditor.goto('/admin/connections');
  await auditor.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: 'Status' }).click();
  await expect(auditor.getByRole('table', { name: 'Providers' })).toBeVisible();

  await signInAs(user, app, someone());
  expect((await user.goto('/admin/status'))?.status()).toBe(404);
  await expect(user.getByRole('table')).toHaveCount(0);
});
