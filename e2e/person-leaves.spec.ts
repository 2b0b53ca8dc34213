import { expect, test } from './fixtures.ts';
import {
  allowAs,
  type Connectable,
  callHub,
  card,
  flowUpToCallback,
  givenConnection,
  serviceKey,
  signInAs,
  someone,
  statusWithToken,
  stepUpAs,
  vend,
} from './steps.ts';

test('a person leaves: out at once everywhere, every grant proved dead, and nothing comes back with them', async ({
  asAdmin: page,
  signedIn,
  newPage,
  app,
  demo,
  expectedConsole,
}) => {
  // Chromium writes down that a page was refused.
  expectedConsole.push(/status of 401/);
  const name = someone('Leaver');
  const leaver = await signedIn(name);
  const phone = await newPage();
  await signInAs(phone, app, name);
  const grants: { provider: Connectable; id: string; token: string }[] = [];
  for (const provider of ['google', 'github', 'salesforce', 'okta', 'auth0'] as const) {
    const id = await givenConnection(leaver, app, provider, name);
    grants.push({ provider, id, token: (await vend(app, id)).access_token });
  }
  const stays = await signedIn(someone('Stays'));
  const staying = await givenConnection(stays, app, 'okta');
  // Half-way through connecting one more when it happens.
  const halfway = await flowUpToCallback(leaver, app, { intent: 'connect', provider: 'okta', account: someone() });

  await page.goto(`/admin/people?q=${encodeURIComponent(name)}`);
  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('region', { name: 'Signed in' }).getByRole('listitem')).toHaveCount(2);
  await page.getByRole('button', { name: 'Disable' }).click();
  const dialog = page.getByRole('alertdialog', { name: `Disable ${name}?` });
  await expect(dialog).toContainText('All 5 of their connections are revoked');
  await expect(dialog).toContainText('brings no connection back');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('left the company');
  await expect(dialog.getByRole('button', { name: 'Disable' })).toBeDisabled();
  await dialog.getByRole('textbox', { name: /^Type/ }).fill('disable');
  await dialog.getByRole('button', { name: 'Disable' }).click();
  await expect(dialog).toBeHidden();

  // The administrator's view: no session of the person, and the proof beside each connection as it comes.
  await expect(page.getByText('Disabled', { exact: true })).toBeVisible();
  await expect(page.getByText('Nowhere at the moment.')).toBeVisible();
  const theirs = page.getByRole('region', { name: 'Connections' }).getByRole('listitem');
  await expect(theirs).toHaveCount(grants.length);
  await expect(async () => {
    await page.reload();
    await expect(theirs.filter({ hasText: 'proved dead' })).toHaveCount(grants.length, { timeout: 2_000 });
  }).toPass({ timeout: 60_000 });

  // Dead at the providers, whatever our pages say.
  for (const { provider, id, token } of grants) {
    expect(await statusWithToken(app, provider, token), provider).toBe(401);
    expect(await demo.server(provider).look(token), provider).toBeNull();
    const refused = await callHub(app, await serviceKey(app), `/connections/${id}/token`, 'POST');
    expect(refused.status, provider).toBe(409);
  }
  await page.goto(`/admin/connections/${grants[0]?.id}`);
  await expect(page.getByText(/^Proved dead/)).toBeVisible();
  await page.goto(`/admin/ledger?connection=${grants[0]?.id}`);
  const ledger = page.getByRole('table', { name: 'Ledger' });
  await expect(ledger).toContainText('Disconnected');
  await expect(ledger).toContainText('proved dead at the provider');

  // What they see: out in both browsers, and no way in again, also not for what had begun before.
  for (const browser of [leaver, phone]) {
    await browser.goto('/connections');
    await expect(browser).toHaveURL(/\/sign-in/);
  }
  await leaver.goto(halfway.href);
  await expect(leaver.getByRole('heading', { name: 'The request was refused' })).toBeVisible();
  await leaver.goto('/sign-in');
  await leaver.getByRole('button', { name: /^Sign in with/ }).click();
  await leaver.getByLabel('Another user').fill(name);
  await leaver.getByRole('button', { name: 'Use this name' }).click();
  await leaver.waitForURL(/\/sign-in\?/);
  await expect(leaver.getByText('An administrator disabled this account.')).toBeVisible();
  await leaver.goto('/connections');
  await expect(leaver).toHaveURL(/\/sign-in/);
  expect((await callHub(app, await serviceKey(app), `/connections/${staying}/token`, 'POST')).status).toBe(200);

  // They come back: let in, with what was revoked still revoked.
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto(`/admin/people?q=${encodeURIComponent(name)}`);
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('button', { name: 'Enable' }).click();
  const again = page.getByRole('alertdialog', { name: `Enable ${name}?` });
  await again.getByRole('textbox', { name: 'Reason' }).fill('came back');
  await again.getByRole('button', { name: 'Enable' }).click();
  await expect(page.getByText('Active', { exact: true })).toBeVisible();
  await signInAs(leaver, app, name);
  await leaver.goto('/connections');
  for (const provider of ['google', 'github', 'salesforce', 'okta', 'auth0'] as const)
    await expect(card(leaver, provider).getByText('Connected', { exact: true })).toHaveCount(0);
  for (const { id } of grants) {
    const answer = await callHub(app, await serviceKey(app), `/connections/${id}`);
    expect(await answer.json()).toMatchObject({ status: 'revoked' });
  }
  await leaver.goto(`/connections/${grants[3]?.id}`);
  await expect(leaver.getByText(/^Tried and refused at/)).toBeVisible();

  // Connecting anew makes a connection of its own, which works.
  await leaver.goto('/connections');
  await leaver.getByRole('button', { name: 'Connect Okta', exact: true }).click();
  await allowAs(leaver, name);
  const id = new URL(leaver.url()).searchParams.get('connection') ?? '';
  expect(grants.map((one) => one.id)).not.toContain(id);
  expect(await statusWithToken(app, 'okta', (await vend(app, id)).access_token)).toBe(200);
});
