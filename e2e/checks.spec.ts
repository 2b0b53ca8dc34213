import { expect, test } from './fixtures.ts';
import { cutOff, look, seriousFaults, wide } from './look.ts';
import { givenConnection, makeAuditor, signInAs, someone } from './steps.ts';

test('an administrator runs the checks, sees which line fails and how to mend it', async ({
  asAdmin: page,
  app,
  switchProvider,
}) => {
  await page.goto('/admin/providers');
  await page.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: 'Checks' }).click();
  await page.waitForURL('**/admin/checks');
  await look(page, '/admin/checks');
  await page.setViewportSize(wide);

  const account = someone();
  await switchProvider('google', { access_token_ttl_s: 7200 }, account);
  await givenConnection(page, app, 'google', account);
  await page.goto('/admin/checks');
  await page.getByRole('button', { name: 'Check now' }).click();
  const summary = page.getByRole('status').first();
  await expect(summary).toContainText(/^Checked .* by .*: \d+ pass, /, { timeout: 60_000 });
  const lives = page.getByRole('region', { name: 'Access tokens end within 60 minutes' });
  const failing = lives.getByRole('listitem').filter({ hasText: 'Google' });
  await expect(failing).toContainText('Fails');
  await expect(failing).toContainText('The longest lives for 120 minutes.');
  await expect(failing).toContainText('To do: Shorten the life of access tokens');
  const pkce = page.getByRole('region', { name: 'Authorization requests use PKCE with S256' });
  await expect(pkce).toContainText('pass');
  const https = page.getByRole('region', { name: 'HTTPS at every OAuth endpoint' });
  await https.getByText(/are not ours to promise$/).click();
  await expect(https.getByRole('listitem').filter({ hasText: 'This hub' })).toContainText('Not ours to promise');
  await look(page, '/admin/checks');
  expect.soft(await cutOff(page)).toEqual([]);
  await page.setViewportSize(wide);

  await failing
    .getByRole('link', { name: /^history/ })
    .first()
    .click();
  await page.waitForURL(/\/admin\/checks\/history\?check=/);
  const history = page.getByRole('table', { name: 'History of checks' });
  await expect(history.getByRole('row').filter({ hasText: 'Fails' }).first()).toContainText('Still so');
  await look(page, '/admin/checks/history');
  expect.soft(await cutOff(page)).toEqual([]);
  await page.setViewportSize(wide);

  await page.goto('/admin/providers/google');
  await expect(page.getByRole('region', { name: 'Metadata' })).toContainText('first seen');
  const scenarios = page.getByRole('region', { name: 'Failure scenarios' });
  await scenarios.getByRole('button', { name: 'Play the scenarios at Google' }).click();
  const tampered = scenarios.getByRole('listitem').filter({ hasText: 'A tampered state' });
  await expect(tampered).toContainText('It refused the answer with status 4');
  const changed = scenarios.getByRole('listitem').filter({ hasText: 'A changed redirect URI' });
  await expect(changed).toContainText('It refused the request');
  expect.soft(await seriousFaults(page)).toEqual([]);

  await page.goto('/admin/ledger?action=checks.run');
  await expect(page.getByRole('row', { name: /Security checks run/ }).first()).toBeVisible();
});

test('an auditor reads the results and begins no run; for other people there is no page', async ({
  asAdmin,
  newPage,
  app,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 404/);
  const told = await app.grantkeep('check', 'okta', '--json');
  expect(told).toContain('"check":"pkce"');
  const [auditor, user] = [await newPage(), await newPage()];
  await makeAuditor(asAdmin, auditor, app);
  await auditor.goto('/admin/checks');
  await expect(auditor.getByRole('status').first()).toContainText(/Checked .* by the command line/);
  await expect(auditor.getByRole('button', { name: 'Check now' })).toHaveCount(0);
  await signInAs(user, app, someone());
  expect((await user.goto('/admin/checks'))?.status()).toBe(404);
});
