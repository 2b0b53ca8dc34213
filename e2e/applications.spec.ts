import { expect, test } from './governed.ts';
import { callHub, givenConnection, signInAs, someone, stepUpAs } from './steps.ts';

test('an administrator registers an application, makes its key, stops it and lets it go on', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const owner = await newPage();
  await signInAs(owner, app, someone());
  const hubs = await givenConnection(owner, app, 'okta');
  const name = someone('Planner');
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto('/admin/applications');
  await page.getByRole('link', { name: 'Register application' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('textbox', { name: 'Contact' }).fill('ops@planner.example');
  const addresses = page.getByRole('textbox', { name: 'Return addresses' });
  await addresses.fill('https://planner.example/connected\nhttp://planner.example/connected');
  await page.getByRole('textbox', { name: 'Scopes' }).fill('okta:openid');
  await page.getByRole('button', { name: 'Register application' }).click();
  await expect(page.getByText('must be https:, or http: on localhost')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(name);
  await addresses.fill('https://planner.example/connected\nhttp://localhost:4000/connected');
  await page.getByRole('button', { name: 'Register application' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const about = page.getByRole('region', { name: 'About' });
  await expect(about).toContainText('http://localhost:4000/connected');
  await expect(about).toContainText('okta:openid');

  // A key of it reads nothing of the people who sign in to the hub.
  await page.getByRole('link', { name: 'Make a key' }).click();
  await expect(page.getByRole('combobox', { name: 'Application' })).toHaveValue(/^app_/);
  await page.getByRole('textbox', { name: 'Name' }).fill('planner-server');
  for (const scope of ['tokens:vend', 'connections:read', 'webhooks:manage'])
    await page.getByRole('checkbox', { name: scope }).check();
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByText('may not have webhooks:manage')).toBeVisible();
  await page.getByRole('checkbox', { name: 'webhooks:manage' }).uncheck();
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('heading', { name: 'planner-server is ready' })).toBeVisible();
  const key = (await page.getByText(/^gk_[\w-]{40,}$/).textContent()) ?? '';
  const listed = async () => (await callHub(app, key, '/connections')).status;
  expect((await callHub(app, key, `/connections/${hubs}/token`, 'POST')).status).toBe(404);
  expect(await (await callHub(app, key, '/connections')).json()).toEqual({ connections: [], next_cursor: null });

  await page.goto(`/admin/applications?q=${encodeURIComponent(name)}`);
  await page.getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('region', { name: 'Keys' })).toContainText('planner-server');
  await page.getByRole('button', { name: 'Disable' }).click();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog).toContainText('From the next call on its 1 key is of no use');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('its key leaked');
  await dialog.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByText('Disabled', { exact: true }).first()).toBeVisible();
  await expect(dialog).toBeHidden();
  expect(await listed()).toBe(401);
  await page.getByRole('button', { name: 'Enable' }).click();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('the key was replaced');
  await dialog.getByRole('button', { name: 'Enable' }).click();
  await expect(page.getByRole('button', { name: 'Disable' })).toBeVisible();
  expect(await listed()).toBe(200);

  await page.getByRole('textbox', { name: 'Name' }).fill(`${name} 2`);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `${name} 2` })).toBeVisible();
});
