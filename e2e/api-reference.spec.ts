import type { ApiDocument } from '#lib/api/document-shape';
import { expect, test } from './fixtures.ts';
import { serviceKey } from './steps.ts';

test('anybody reads the API reference, and nothing of the document is missing in it', async ({ newPage, app }) => {
  const page = await newPage();
  await page.goto('/docs/api');
  await expect(page.getByRole('heading', { name: 'The machine API' })).toBeVisible();
  const document = (await (await fetch(`${app.url}/api/v1/openapi.json`)).json()) as ApiDocument;
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  expect(operations.length).toBeGreaterThan(3);
  for (const { operationId, summary } of operations) {
    await expect(page.getByRole('article', { name: summary, exact: true })).toContainText(operationId);
  }
  for (const schema of Object.keys(document.components.schemas)) {
    await expect(page.getByRole('article', { name: schema, exact: true })).toHaveCount(1);
  }

  const contents = page.getByRole('navigation', { name: 'On this page' });
  await contents.getByRole('link', { name: 'Revoke a connection' }).click();
  await expect(page).toHaveURL(/#revokeConnection$/);
  await expect(page.getByRole('heading', { name: 'Revoke a connection' })).toBeInViewport();
  const raw = page.getByRole('link', { name: 'OpenAPI 3.1.0 document' });
  await expect(raw).toHaveAttribute('href', '/api/v1/openapi.json');
});

test('the call that the reference shows works as it stands, with a key in the shell', async ({
  asAdmin: page,
  app,
}) => {
  await page.goto('/admin/api-keys');
  await page.getByRole('link', { name: 'API reference' }).click();
  const operation = page.getByRole('article', { name: 'List connections' });
  const shown = (await operation.getByRole('region', { name: 'Call listConnections' }).textContent()) ?? '';
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await operation.getByRole('button', { name: 'Copy' }).click();
  await expect(operation.getByRole('status')).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);

  const [, header = '', address = ''] = /^curl -sS \\\n {2}-H "([^"]+)" \\\n {2}'([^']+)'$/.exec(shown) ?? [];
  const [name = '', value = ''] = header.split(': ');
  const authorization = value.replace('$GRANTKEEP_API_KEY', await serviceKey(app));
  const answer = await fetch(address, { headers: { [name]: authorization } });
  expect(answer.status).toBe(200);
  for (const header of ['x-request-id', 'ratelimit', 'ratelimit-policy']) expect(answer.headers.has(header)).toBe(true);
});
