import { sql } from 'drizzle-orm';
import { expect, test } from './governed.ts';
import { makeAuditor, someone, stepUpAs } from './steps.ts';

test('refused callbacks raise an alert, which a receiver that was down gets by hand, and which is acknowledged and resolved', async ({
  asAdmin: page,
  newPage,
  app,
  hook,
  second,
}) => {
  hook.refuses = true;
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto('/admin/alerts/webhooks');
  const hookName = someone('hook');
  await page.getByLabel('Name').fill(hookName);
  await page.getByLabel('Address').fill(hook.url);
  await page.getByRole('checkbox', { name: 'alert.opened' }).check();
  await page.getByRole('button', { name: 'Add webhook' }).click();
  await page.getByRole('button', { name: 'I have stored it' }).click();

  const stranger = await newPage();
  for (let n = 0; n < 12; n++)
    await stranger.request.get(`/oauth/callback?code=x&state=${someone('s').slice(2)}`, { maxRedirects: 0 });
  // Anonymous refusals are written once a minute, and when the process ends.
  await page.goto('about:blank');
  await app.end();
  await app.start();
  const raised = sql`select id from alerts where rule = 'refused_callbacks' and state = 'open' order by opened_at desc`;
  await second.until(raised);
  const [found] = await second.rows<{ id: string }>(raised);
  const id = String(found?.id);
  await page.goto('/admin/alerts');
  const alert = page.getByRole('link', { name: 'Callbacks are refused' }).and(page.locator(`[href$="${id}"]`));
  const section = page.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: /^Alerts/ });
  await expect(section).toContainText('waiting');

  await alert.click();
  await page.getByRole('textbox', { name: 'Note' }).fill('Looking into it');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(page.getByText('Looking into it')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Acknowledge' })).toHaveCount(0);
  const address = page.url();
  await page.getByRole('region', { name: 'What was found' }).getByRole('link', { name: 'Request refused' }).click();
  await expect(page.getByRole('table', { name: 'Ledger' })).toContainText('state_unknown');

  // What the receiver did not take stands in its log, and is sent again by hand.
  await second.until(sql`select from webhook_deliveries where subject = ${id} and attempts > 0`);
  await page.goto('/admin/alerts/webhooks');
  await page.getByRole('link', { name: hookName, exact: true }).click();
  await page.getByRole('heading', { name: 'Delivery log' }).waitFor();
  // Other alerts may open meanwhile: this one's id stands in its row.
  const log = page.getByRole('table', { name: 'Delivery log' });
  const row = log.getByRole('row', { name: new RegExp(`alert\\.opened ${id}`) });
  await expect(row).toContainText('Status 503');
  await row.getByRole('link').click();
  await expect(page.getByRole('region', { name: 'What is sent' })).toContainText('refused_callbacks');
  await page.getByRole('button', { name: 'Send again now' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The message was not taken' })).toBeFocused();
  hook.refuses = false;
  await page.getByRole('button', { name: 'Send again now' }).click();
  await expect(page.getByText('The message was taken')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send again now' })).toHaveCount(0);
  const ofThis = hook.received.filter(({ body }) => JSON.parse(body).data?.id === id);
  expect(ofThis.length).toBeGreaterThan(2);
  expect(new Set(ofThis.map(({ headers }) => headers['webhook-id'])).size).toBe(1);

  // An auditor reads all of it and has no buttons.
  const auditor = await newPage();
  await makeAuditor(page, auditor, app);
  await auditor.goto(address);
  await expect(auditor.getByText('Looking into it')).toBeVisible();
  await expect(auditor.getByRole('button', { name: 'Resolve' })).toHaveCount(0);
  await auditor.getByRole('link', { name: 'When it opens and ends' }).click();
  await expect(auditor.getByText('Administrators set them.')).toBeVisible();
  await expect(auditor.getByRole('button', { name: 'Save' })).toHaveCount(0);

  await page.goto(address);
  await page.getByRole('button', { name: 'Resolve' }).click();
  await expect(page.getByRole('button', { name: 'Resolve' })).toHaveCount(0);
  await page.goto('/admin/alerts?state=resolved');
  await expect(alert).toBeVisible();
});
