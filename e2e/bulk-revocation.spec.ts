import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import {
  callHub,
  givenConnection,
  makeAuditor,
  personOf,
  serviceKey,
  signInAs,
  someone,
  statusWithToken,
  stepUpByHand,
  vend,
} from './steps.ts';

test('a person’s connections are found, previewed, revoked by typing so, proved dead and exported', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const owner = await newPage();
  const name = someone('Leaver');
  await signInAs(owner, app, name);
  const ids = [await givenConnection(owner, app, 'okta'), await givenConnection(owner, app, 'salesforce')];
  const [okta = '', salesforce = ''] = ids;
  const tokens = [(await vend(app, okta)).access_token, (await vend(app, salesforce)).access_token];
  const person = await personOf(app, okta);

  await page.goto(`/admin/people/${person}`);
  await page.getByRole('link', { name: 'Revoke many of them' }).click();
  await expect(page.getByRole('textbox', { name: 'Person' })).toHaveValue(person);
  await expect(page.getByText(name)).toBeVisible();
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByRole('heading', { name: 'Revoke 2 connections', level: 1 })).toBeVisible();
  await expect(page.getByText('Nothing is revoked yet')).toBeVisible();
  await expect(page.getByText('1 at Okta')).toBeVisible();
  for (const id of ids) {
    const answer = await callHub(app, await serviceKey(app), `/connections/${id}`);
    expect(await answer.json()).toMatchObject({ status: 'connected' });
  }

  // Said before anybody types a confirmation in vain.
  await expect(page.getByText('Revoking and exporting need a fresh sign-in')).toBeVisible();
  await stepUpByHand(page, /\/admin\/revocations\/blk_/);
  await page.getByRole('button', { name: 'Revoke 2' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Revoke 2 connections?' });
  const confirm = dialog.getByRole('button', { name: 'Revoke 2' });
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('left the company');
  await expect(confirm).toBeDisabled();
  await dialog.getByRole('textbox', { name: /^Type/ }).fill('revoke 2');
  // A sign-in that does not count takes the place of the one that did, as if five minutes had passed.
  await signInAs(page, app, 'admin@example.com');
  await confirm.click();
  await expect(dialog.getByRole('alert')).toContainText('needs a sign-in of the last five minutes');
  await stepUpByHand(page, /\/admin\/revocations\/blk_/);
  // It goes on by itself, with what was typed.
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('2 of 2 revoked here')).toBeVisible();
  await expect(page.getByText('2 of 2 proved dead')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('Finished.')).toBeVisible();
  expect(await statusWithToken(app, 'okta', tokens[0] ?? '')).toBe(401);
  expect(await statusWithToken(app, 'salesforce', tokens[1] ?? '')).toBe(401);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const lines = readFileSync(await (await download).path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines.slice(1).every((line) => line.includes(',proved,'))).toBe(true);

  // The evidence stands with the connection, for both of them.
  await page.getByRole('row', { name: /Okta/ }).getByRole('link').first().click();
  await expect(page.getByText(/^Proved dead/)).toBeVisible();
  await owner.goto(`/connections/${okta}`);
  await expect(owner.getByText(/^Tried and refused at/)).toBeVisible();
  await expect(owner.getByText(/old access tried: the provider refuses it/)).toBeVisible();
});

test('an auditor sees bulk revocations and has no way to begin one', async ({ newPage, app, asAdmin: page }) => {
  const auditor = await newPage();
  await makeAuditor(page, auditor, app);
  await auditor.goto('/admin/revocations');
  await expect(auditor.getByRole('heading', { name: 'Revocations', level: 1 })).toBeVisible();
  await expect(auditor.getByRole('button', { name: 'Preview' })).toHaveCount(0);
});
