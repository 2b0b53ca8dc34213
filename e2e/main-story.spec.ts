import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from './fixtures.ts';
import { allowAs, card, connectable, someone, statusWithToken, stepUpByHand, titles } from './steps.ts';

const shell = promisify(execFile);

/** Runs a line as it stands, as the administrator would who copied it; by fetch on a machine that has no curl. */
async function runLine(line: string): Promise<Record<string, unknown>> {
  const hasCurl = await shell('/bin/sh', ['-c', 'command -v curl']).then(
    () => true,
    () => false,
  );
  if (hasCurl) {
    const { stdout } = await shell('/bin/sh', ['-c', `${line} --silent --show-error`]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }
  const [, method = '', name = '', value = '', url = ''] =
    /^curl -X (\S+) -H '([^:]+): ([^']+)' (\S+)$/.exec(line) ?? [];
  const answer = await fetch(url, { method, headers: { [name]: value } });
  return (await answer.json()) as Record<string, unknown>;
}

test('a newcomer connects GitHub, makes a key, runs the line that is shown, uses the token, and ends the key @postgres', async ({
  newPage,
  app,
  demo,
}) => {
  const page = await newPage();
  const account = someone();
  const keyName = someone('billing');

  await test.step('signs in with Demo as administrator and sees the five providers', async () => {
    await page.goto('/');
    await expect(page).toHaveURL(/\/sign-in/);
    await page.getByRole('button', { name: 'Sign in with Demo' }).click();
    await page.getByRole('button', { name: 'Continue as administrator' }).click();
    await expect(page).toHaveURL(/\/admin$/);
    await page.getByRole('link', { name: 'Your own connections' }).first().click();
    await expect(page.getByRole('heading', { name: 'Connections', level: 1 })).toBeVisible();
    for (const provider of connectable) {
      await expect(page.getByRole('heading', { name: titles[provider], exact: true })).toBeVisible();
      await expect(page.getByRole('button', { name: `Connect ${titles[provider]}`, exact: true })).toBeVisible();
    }
  });

  await test.step('connects GitHub with the consent given on its own page', async () => {
    await page.getByRole('button', { name: 'Connect GitHub' }).click();
    await expect(page).toHaveURL(new RegExp(`^${demo.server('github').url}/`));
    await expect(page.getByText('standing in for GitHub')).toBeVisible();
    await allowAs(page, account);
  });

  const github = card(page, 'github');
  await test.step('comes back to the card, which shows scopes and life of the token and has the focus', async () => {
    const notice = github.getByRole('status').filter({ hasText: 'GitHub is connected' });
    await expect(notice).toBeFocused();
    const row = github.getByRole('listitem').filter({ hasText: 'Renews by itself' });
    await expect(row.getByText('Connected', { exact: true })).toBeVisible();
    await expect(row.getByText('See the profile, also what is private in it')).toBeVisible();
    await expect(row.getByText(/Renews by itself, (8|7) hours left/)).toBeVisible();
    await expect(row.getByText('Not used yet')).toBeVisible();
  });

  await test.step('makes an API key', async () => {
    await page.getByRole('link', { name: 'Admin', exact: true }).click();
    await page.getByRole('link', { name: 'API keys' }).click();
    await stepUpByHand(page, /\/admin\/api-keys$/);
    await page.getByRole('textbox', { name: 'Name' }).fill(keyName);
    await page.getByRole('checkbox', { name: 'tokens:vend' }).check();
    await page.getByRole('button', { name: 'Create API key' }).click();
    await expect(page.getByRole('heading', { name: `${keyName} is ready` })).toBeFocused();
  });
  const line = (await page.getByText(/^curl /).textContent()) ?? '';

  await test.step('runs the shown line and uses the token', async () => {
    const answer = await runLine(line);
    expect(answer).toMatchObject({ provider: 'github', token_type: 'Bearer', account: { label: expect.any(String) } });
    expect(await statusWithToken(app, 'github', String(answer.access_token))).toBe(200);
  });

  await test.step('stores the key, which is never shown again', async () => {
    const key = /gk_[\w-]+/.exec(line)?.[0] ?? '';
    expect(key.length).toBeGreaterThan(40);
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expect(page.getByText(key)).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('row').filter({ hasText: keyName })).toContainText('Active');
    expect(await page.content()).not.toContain(key);
  });

  await test.step('sees on the card when and by which service the token was read', async () => {
    // Uses are written together, within a second.
    await expect(async () => {
      await page.goto('/connections');
      await expect(github.getByText(`by ${keyName}`)).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: 60_000 });
  });

  await test.step('revokes the key, and the same line gets 401 at once', async () => {
    await page.goto('/admin/api-keys');
    await page.getByRole('link', { name: keyName }).click();
    await page.getByRole('button', { name: `Revoke ${keyName}` }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke key' }).click();
    await expect(page.getByText('Revoked', { exact: true })).toBeVisible();
    expect(await runLine(line)).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });
});
