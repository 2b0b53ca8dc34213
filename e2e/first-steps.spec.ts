import { connect, expect, test } from './fixtures.ts';

const providers = ['Google', 'GitHub', 'Salesforce', 'Okta', 'Auth0'];

test('a newcomer signs in, connects GitHub, makes a key, and the line shown answers with a token that works', async ({
  asAdmin: page,
  app,
}) => {
  for (const name of providers) await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
  await connect(page, 'github');

  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('first-steps');
  await page.getByRole('checkbox', { name: 'tokens:vend' }).check();
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('heading', { name: 'first-steps is ready' })).toBeVisible();

  const answer = await runCurl((await page.getByText(/^curl /).textContent()) ?? '');
  expect(answer.status).toBe(200);
  const { access_token, provider } = (await answer.json()) as { access_token: string; provider: string };
  expect(provider).toBe('github');

  const me = await fetch(`${app.demo.resourceUrl}/github/me`, { headers: { authorization: `Bearer ${access_token}` } });
  expect(await me.json()).toMatchObject({ provider: 'github', account: { name: 'Ada Lovelace' } });
});

test('the command line makes a key on the running app, and the key is let in', async ({ app }) => {
  const line = await app.grantkeep('api-key', 'create', '--name', 'automation', '--scope', 'connections:read');
  const made = JSON.parse(line) as {
    id: string;
    name: string;
    key: string;
    scopes: string[];
    expires_at: string | null;
  };
  expect(made).toMatchObject({ name: 'automation', scopes: ['connections:read'] });

  const answer = await fetch(`${app.url}/api/v1/connections`, { headers: { authorization: `Bearer ${made.key}` } });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toHaveProperty('connections');
});

/** Does what the shown line does, on a machine that may have no curl. */
function runCurl(line: string): Promise<Response> {
  const [, method = 'GET'] = /-X (\S+)/.exec(line) ?? [];
  const [, name = '', value = ''] = /-H '([^:]+): ([^']+)'/.exec(line) ?? [];
  const url = /https?:\/\/\S+/.exec(line)?.[0] ?? '';
  return fetch(url, { method, headers: { [name]: value } });
}
