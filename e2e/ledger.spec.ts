import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { givenConnection, signInAs, someone, stepUpAs, vend } from './steps.ts';

test('an administrator finds who read a token, follows the list live, and exports what was found', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const person = await newPage();
  const name = someone('Read');
  await signInAs(person, app, name);
  const connection = await givenConnection(person, app, 'github');
  await vend(app, connection);

  await page.goto('/admin');
  await page.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: 'Ledger' }).click();
  await page.getByRole('combobox', { name: 'Action' }).selectOption({ label: 'Token read' });
  await page.getByRole('button', { name: 'Filter' }).click();
  const table = page.getByRole('table', { name: 'Ledger' });
  const row = table.getByRole('row').filter({ hasText: name });
  // A row of headings and one of the day stand above them.
  const entries = table.getByRole('row').filter({ hasText: 'Token read' });
  await expect(row).toHaveCount(1);
  await row.getByRole('link', { name: 'Token read' }).click();
  // Opening keeps the page where it is; each part of the entry narrows the list.
  await expect(table.getByRole('link', { name, exact: true })).toHaveAttribute('href', /^\/admin\/people\/per_/);
  await table.getByRole('link', { name: /^per_/ }).first().click();
  await expect(page.getByRole('link', { name: /^Person: / })).toBeVisible();
  await expect(entries).toHaveCount(1);

  await page.clock.install();
  await page.getByRole('link', { name: 'Follow live' }).click();
  await expect(page.getByText(/Following: this list/)).toBeVisible();
  await vend(app, connection);
  await expect(entries).toHaveCount(2);

  // Left alone it stops asking, so that the session idles out; a touch lets it go on.
  await page.clock.fastForward('16:00');
  const asked: string[] = [];
  // The last refresh may still be reading links ahead, which asks for no rows.
  page.on('request', (request) => {
    if (!request.headers()['next-router-prefetch']) asked.push(request.url());
  });
  await vend(app, connection);
  await page.clock.runFor(30_000);
  expect(asked).toEqual([]);
  await expect(entries).toHaveCount(2);
  await page.mouse.move(200, 200);
  await page.clock.runFor(10_000);
  await expect(entries).toHaveCount(3);
  await page.getByRole('link', { name: 'Stop following' }).click();
  await page.waitForURL((url) => !url.searchParams.has('live'));

  await page.getByRole('button', { name: 'JSON lines' }).click();
  // Asked for at once, and the same file comes after it.
  await page.waitForURL(/\/step-up\?/);
  await page.getByRole('button', { name: 'Sign in with Demo' }).click();
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Continue as administrator' }).click();
  const file = await downloaded;
  expect(page.url()).toMatch(/\/admin\/ledger\?person=per_\w+&action=token\.vended$/);
  expect(file.suggestedFilename()).toMatch(/^ledger-.*\.jsonl$/);
  const lines = readFileSync(await file.path(), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).toMatchObject([
    { action: 'token.vended', connection_id: connection },
    { action: 'token.vended', connection_id: connection },
    { action: 'token.vended', connection_id: connection },
  ]);
  await page.goto('/admin/ledger?action=ledger.exported');
  await expect(table.getByRole('row').nth(2)).toContainText('Ledger exported');
});

test('a person sees what was read of theirs, when and by which service', async ({ asUser: page, app }) => {
  const connection = await givenConnection(page, app, 'okta');
  await vend(app, connection);
  await vend(app, connection);
  await page.goto('/connections');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Activity' }).click();
  await expect(page.getByText(/^Used twice by service /)).toBeVisible();
  await expect(page.getByText('Connected by you')).toBeVisible();
  await page.getByRole('link', { name: 'Only uses' }).click();
  await expect(page.getByText('Connected by you')).toHaveCount(0);
  await expect(page.getByText(/^Used twice by service /)).toBeVisible();
});

test('the ledger is checked on its page, also against a checkpoint that was kept', async ({ asAdmin: page, app }) => {
  await page.goto('/admin/ledger/seals');
  await page.getByRole('button', { name: 'Export a checkpoint' }).click();
  await expect(page.getByRole('link', { name: 'Sign in once more' })).toBeVisible();
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto('/admin/ledger/seals');
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export a checkpoint' }).click();
  const note = readFileSync(await (await downloaded).path(), 'utf8');
  await page.getByRole('textbox', { name: /^A checkpoint that you kept/ }).fill(note);
  await page.getByRole('button', { name: 'Verify now' }).click();
  await expect(page.getByText('The ledger is whole')).toBeVisible();
  await expect(page.getByText(/and a checkpoint\./)).toBeVisible();

  await page.getByRole('textbox', { name: /^A checkpoint that you kept/ }).fill('made up');
  await page.getByRole('button', { name: 'Verify now' }).click();
  await expect(page.getByText('This is not the text of a checkpoint.')).toBeVisible();
  await expect(page.getByText('The ledger is whole')).toBeVisible();

  expect(JSON.parse(await app.grantkeep('ledger', 'verify'))).toMatchObject({ ok: true });
});
