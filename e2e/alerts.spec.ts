import { expect, test } from './fixtures.ts';
import { someone, stepUpByHand } from './steps.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

test('a webhook is added, tried, given a new secret and removed', async ({ asAdmin: page, app }) => {
  const hook = await startWebhookReceiver();
  app.environment.WEBHOOK_INTERNAL_HOSTS = hook.host;
  // A page that stays open may still ask for its icon while the hub does not answer.
  await page.goto('about:blank');
  await app.end();
  await app.start();
  try {
    await page.goto('/admin/alerts/webhooks');
    await expect(page.getByText('Adding a webhook needs a fresh sign-in')).toBeVisible();
    const name = someone('hook');
    await page.getByLabel('Name').fill(name);
    await page.getByRole('checkbox', { name: 'alert.opened' }).check();
    await stepUpByHand(page, /\/admin\/alerts\/webhooks$/);
    // Not submitted before, so it waits, with what was typed and ticked.
    await expect(page.getByLabel('Name')).toHaveValue(name);
    await expect(page.getByRole('checkbox', { name: 'alert.opened' })).toBeChecked();
    await page.goto('/admin/alerts');
    await expect(page.getByText('does not see who used it')).toBeVisible();
    await page.getByRole('link', { name: 'Webhooks' }).click();
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
    // An alert of another story may have opened meanwhile.
    const tests = () => hook.received.filter(({ body }) => JSON.parse(body).type === 'webhook.test');
    expect(tests()).toHaveLength(1);
    expect(tests()[0]?.headers['webhook-signature']).toMatch(/^v1,\S+$/);

    await page.getByRole('button', { name: 'Rotate secret' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate secret' }).click();
    expect(await page.getByText(/^whsec_/).textContent()).not.toBe(secret);
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expect(page.getByText('with the secret before as well')).toBeVisible();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect.poll(tests).toHaveLength(2);
    expect(tests()[1]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);

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

test('the numbers of a rule are set, refused where they make no sense, and reset; the ledger says so', async ({
  asAdmin: page,
}) => {
  await page.goto('/admin/alerts/rules');
  await page.getByRole('link', { name: 'Callbacks are refused' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Nothing was changed')).toBeVisible();
  await stepUpByHand(page, /\/admin\/alerts\/rules\/refused_callbacks$/);
  await expect(page.getByText('The rule is changed')).toBeVisible();
  await page.getByLabel('Opens at').fill('2');
  await page.keyboard.press('Enter');
  await expect(page.getByText('It cannot take more to stay open than to open, which is 2.')).toBeVisible();
  await page.getByLabel('Stays open at').fill('1');
  await page.getByRole('spinbutton', { name: 'Window' }).fill('120');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The rule is changed')).toBeVisible();
  await expect(page.getByText('2 events within 2 hours, for each provider')).toBeVisible();
  await page.getByRole('link', { name: 'Rules' }).click();
  const row = page.getByRole('table', { name: 'Rules' }).getByRole('row', { name: /^Callbacks are refused/ });
  await expect(row).toContainText('Numbers set by hand');

  await row.getByRole('link').click();
  await page.getByRole('link', { name: 'Changes in the ledger' }).click();
  // Under the headings and the day.
  await expect(page.getByRole('table', { name: 'Ledger' }).getByRole('row').nth(2)).toContainText(
    'Configuration changed',
  );
  await page.goBack();
  await page.getByRole('button', { name: 'Reset to its own numbers' }).click();
  await expect(page.getByText('The rule has its own numbers again')).toBeVisible();
  await expect(page.getByLabel('Opens at')).toHaveValue('10');
  await expect(page.getByRole('button', { name: 'Reset to its own numbers' })).toHaveCount(0);
});
