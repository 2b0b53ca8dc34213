import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { expect, test } from './governed.ts';
import { frozenBanner, givenConnection, someone, stepUpByHand } from './steps.ts';

/** Where the service runs, and where its key was found. */
const [home, elsewhere] = ['198.51.100.20', '203.0.113.66'];

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('an incident is read in words, frozen by keyboard, thawed by a sign-in within the dialog, and proved', async ({
  asAdmin: page,
  signedIn,
  app,
  second,
}) => {
  const person = someone('Ada');
  const connection = await givenConnection(await signedIn(person), app, 'github');
  const service = someone('billing-sync');
  const made = await app.grantkeep('api-key', 'create', '--name', service, '--scope', 'tokens:vend');
  const { id: key, key: secret } = JSON.parse(made) as { id: string; key: string };
  const read = async (from: string) => {
    const headers = { authorization: `Bearer ${secret}`, 'x-forwarded-for': from };
    return (await fetch(`${app.url}/api/v1/connections/${connection}/token`, { method: 'POST', headers })).status;
  };
  await second.until(sql`select from alert_progress where read_to is not null`);
  expect(await read(home)).toBe(200);
  await second.until(sql`select from key_networks where api_key_id = ${key}`);
  expect(await read(elsewhere)).toBe(200);
  const raised = sql`select id from alerts where rule = 'new_network' and subject = ${key}`;
  await second.until(raised);
  const [alert] = (await second.rows(raised)) as { id: string }[];
  await page.goto(`/admin/alerts/${alert?.id}`);

  // Severity first, then the actor, the affected accounts, the event and its origin, each as a link to its page.
  await expect(page.getByText('Critical', { exact: true })).toBeVisible();
  const story = page.getByRole('region', { name: 'What happened' });
  for (const name of [service, person, 'GitHub'])
    await expect(story.getByRole('link', { name, exact: true })).toBeVisible();
  await expect(story).toContainText('203.0.113.0/24, from which this key never read before.');
  const picture = page.getByRole('region', { name: 'Reads around it' });
  await picture.getByText('As a table').click();
  const table = picture.getByRole('table', { name: 'Reads around this incident' });
  await expect(table.getByRole('row')).toHaveCount(3);
  await expect(table.getByRole('row').filter({ hasText: '203.0.113.0/24' })).toContainText('of this incident');

  // Stopped by keyboard alone.
  await button(page, 'Freeze').focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('textbox', { name: 'Reason' }).focus();
  await page.keyboard.type('the key leaked');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(frozenBanner(page)).toContainText(service);
  expect(await read(elsewhere)).toBe(423);

  // Its person as well, in place; thawing asks for a fresh sign-in and goes on with what was typed.
  await page.getByRole('button', { name: `Freeze ${person}` }).click();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('until it is clear');
  await dialog.getByRole('button', { name: 'Freeze' }).click();
  await expect(frozenBanner(page)).toContainText(person);
  await page.getByRole('button', { name: `Thaw all connections of ${person}` }).click();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('it was the key alone');
  await dialog.getByRole('button', { name: 'Thaw' }).click();
  await expect(dialog.getByRole('alert')).toContainText('needs a sign-in of the last five minutes');
  await stepUpByHand(page, /\/admin\/alerts\/alr_\w+$/);
  await expect(frozenBanner(page)).not.toContainText(person);
  await expect(dialog).toBeHidden();

  // A checkpoint, asked for when that sign-in is over: the file comes after the next one.
  await second.rows(
    sql`update sessions set authenticated_at = now() - interval '6 minutes' where authenticated_at is not null`,
  );
  await button(page, 'Export a checkpoint').click();
  await expect(page.getByText('There is no checkpoint')).toBeVisible();
  const coming = page.waitForEvent('download');
  await stepUpByHand(page, /\/admin\/alerts\/alr_\w+$/);
  expect(readFileSync(await (await coming).path(), 'utf8')).toContain('/ledger\n');

  await page.getByRole('textbox', { name: 'Note' }).fill('The service moved nowhere. Its key leaked.');
  await button(page, 'Acknowledge').click();
  await expect(page.getByText('Acknowledged', { exact: true }).first()).toBeVisible();
  await button(page, 'Preview the revocation').click();
  await expect(page.getByRole('heading', { name: 'Revoke 1 connection', level: 1 })).toBeVisible();
  await app.grantkeep('thaw', '--all', '--reason', 'the story is over');
});
