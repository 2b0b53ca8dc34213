import { expect, test } from './fixtures.ts';

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
