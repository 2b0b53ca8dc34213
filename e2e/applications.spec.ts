import { expect, test } from './governed.ts';
import { look } from './look.ts';
import { callHub, givenConnection, signInAs, someone, stepUpAs } from './steps.ts';
import { smallestPng } from './world.ts';

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
  await expect(dialog).toContainText('From the next call on its 1 key is refused');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('its key leaked');
  await dialog.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByText('Disabled', { exact: true }).first()).toBeVisible();
  await expect(dialog).toBeHidden();
  expect(await listed()).toBe(401);
  await page.getByRole('button', { name: 'Enable' }).click();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('the key was replaced');
  await dialog.getByRole('button', { name: 'Enable' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Disable' })).toBeVisible();
  expect(await listed()).toBe(200);

  await page.getByRole('textbox', { name: 'Name' }).fill(`${name} 2`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: `${name} 2` })).toBeVisible();
});

test('people see the logo and the colours of an application, in both schemes, and nothing that is no picture', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const registered = await app.grantkeep(
    ...['application', 'create', '--name', someone('Planner'), '--contact', 'ops@planner.example'],
    ...['--return-url', 'https://planner.example/connected'],
  );
  const { id } = JSON.parse(registered) as { id: string };
  const made = await app.grantkeep(
    ...['api-key', 'create', '--name', 'planner', '--application', id, '--scope', 'connections:create'],
  );
  const { key } = JSON.parse(made) as { key: string };
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto(`/admin/applications/${id}`);
  const appearance = page.getByRole('region', { name: 'Appearance' });
  const logo = appearance.getByLabel('Logo');
  await logo.setInputFiles({
    name: 'logo.png',
    mimeType: 'image/png',
    buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
  });
  const [light, dark] = [appearance.getByLabel(/, light/), appearance.getByLabel(/, dark/)];
  await light.fill('#1d4ed8');
  await dark.fill('#1d4ed8');
  await appearance.getByRole('button', { name: 'Save appearance' }).click();
  await expect(appearance.getByText('needs a contrast of 4.5')).toBeVisible();
  await dark.fill('#93c5fd');
  await appearance.getByRole('button', { name: 'Save appearance' }).click();
  await expect(appearance.getByText('must be a PNG, a JPEG or a WebP')).toBeVisible();
  await logo.setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from(smallestPng, 'base64') });
  await appearance.getByRole('button', { name: 'Save appearance' }).click();
  await expect(appearance.getByText('Saved')).toBeVisible();

  const picture = await fetch(`${app.url}/applications/${id}/logo`);
  expect([picture.status, picture.headers.get('content-type'), picture.headers.get('x-content-type-options')]).toEqual([
    ...[200, 'image/png', 'nosniff'],
  ]);
  expect(picture.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'nonce-/);
  expect(Buffer.from(await picture.arrayBuffer()).toString('base64')).toBe(smallestPng);

  const session = await fetch(`${app.url}/api/v1/connect-sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      user: { id: '42', label: 'Ada' },
      provider: 'okta',
      return_url: 'https://planner.example/connected',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    }),
  });
  const { url } = (await session.json()) as { url: string };
  const visitor = await newPage();
  const shown = async (colorScheme: 'light' | 'dark') => {
    await visitor.emulateMedia({ colorScheme });
    await visitor.goto(url);
    await expect(visitor.locator('main img')).toHaveJSProperty('naturalWidth', 1);
    const button = visitor.getByRole('button', { name: /Connect/ });
    return button.evaluate((element) => getComputedStyle(element).backgroundColor);
  };
  expect(await shown('light')).toBe('rgb(29, 78, 216)');
  expect(await shown('dark')).toBe('rgb(147, 197, 253)');
  await look(visitor, url);
});
