import { expect, test } from './fixtures.ts';
import { signInAs, someone } from './steps.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

test('a webhook is added, tried, given a new secret and removed', async ({ asAdmin: page, app }) => {
  const hook = await startWebhookReceiver();
  app.environment.WEBHOOK_INTERNAL_HOSTS = hook.host;
  // A page that stays open may still ask for its icon while nobody answers.
  await page.goto('about:blank');
  await app.end();
  await app.start();
  try {
    await page.goto('/admin/alerts');
    await expect(page.getByText('does not see who used it')).toBeVisible();
    await page.getByRole('link', { name: 'Webhooks' }).click();
    const name = someone('hook');

    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Address').fill('https://10.0.0.5/hook');
    await page.getByRole('button', { name: 'Add webhook' }).click();
    await expect(page.getByText('No webhook was added')).toBeVisible();
    await expect(page.getByText('must be https: and public')).toBeVisible();

    await page.getByLabel('Address').fill(hook.url);
    await page.getByRole('button', { name: 'Add webhook' }).click();
    await expect(page.getByRole('heading', { name: `${name} is ready` })).toBeFocused();
    const secret = await page.getByText(/^whsec_/).textContent();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expect(page.getByText(/^whsec_/)).toHaveCount(0);

    await page.getByRole('link', { name, exact: true }).click();
    await expect(page.getByText('Nothing was sent')).toBeVisible();
    expect(secret).toMatch(/^whsec_/);
    expect(await page.content()).not.toContain(String(secret));
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect(page.getByText('The test was taken')).toBeVisible();
    expect(hook.received).toHaveLength(1);
    expect(JSON.parse(hook.received[0]?.body ?? '')).toMatchObject({ type: 'webhook.test' });
    expect(hook.received[0]?.headers['webhook-signature']).toMatch(/^v1,\S+$/);

    await page.getByRole('button', { name: 'Rotate secret' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate secret' }).click();
    expect(await page.getByText(/^whsec_/).textContent()).not.toBe(secret);
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expect(page.getByText('with the secret before as well')).toBeVisible();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect.poll(() => hook.received.length).toBe(2);
    expect(hook.received[1]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);

    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove webhook' }).click();
    await expect(page).toHaveURL(/\/webhooks$/);
    await expect(page.getByText(name)).toHaveCount(0);
  } finally {
    // Empty counts as not set, from the next start on.
    app.environment.WEBHOOK_INTERNAL_HOSTS = '';
    await hook.close();
  }
});

test('refused callbacks raise an alert, which is counted, acknowledged and resolved', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  // Refusals of nobody in particular are written once a minute, and a look follows once a minute.
  test.setTimeout(300_000);
  const stranger = await newPage();
  const alert = page.getByRole('link', { name: 'Callbacks are refused' });
  await expect(async () => {
    for (let n = 0; n < 12; n++)
      await stranger.request.get(`/oauth/callback?code=x&state=${someone('s').slice(2)}`, { maxRedirects: 0 });
    await page.goto('/admin/alerts');
    await expect(alert).toBeVisible({ timeout: 100 });
  }).toPass({ timeout: 240_000, intervals: [10_000] });
  const section = page.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: /^Alerts/ });
  await expect(section).toContainText('waiting');

  await alert.click();
  await page.getByRole('textbox', { name: 'Note' }).fill('Looking into it');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(page.getByText('Looking into it')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Acknowledge' })).toHaveCount(0);

  // An auditor reads all of it and has no buttons.
  const name = someone('Auditor');
  const auditor = await newPage();
  await signInAs(auditor, app, name);
  const address = page.url();
  await page.goto(`/admin/people?q=${encodeURIComponent(name)}`);
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('radio', { name: /^Auditor/ }).check();
  await page.getByRole('button', { name: 'Change role' }).click();
  await page.getByText('The role is Auditor now').waitFor();
  await auditor.goto(address);
  await expect(auditor.getByText('Looking into it')).toBeVisible();
  await expect(auditor.getByRole('button', { name: 'Resolve' })).toHaveCount(0);

  await page.goto(address);
  await page.getByRole('button', { name: 'Resolve' }).click();
  await expect(page.getByRole('button', { name: 'Resolve' })).toHaveCount(0);
  await page.goto('/admin/alerts?state=resolved');
  await expect(alert).toBeVisible();
});
