import { expect, test } from './fixtures.ts';
import { startOwnApplication } from './own-application.ts';
import { callHub, givenConnection, makeKey, serviceKey } from './steps.ts';

test('each API key does what its scopes allow, at every operation of the API', async ({ asUser: page, app }) => {
  const scopes = [
    'connections:read',
    'tokens:vend',
    'connections:create',
    'connections:revoke',
    'webhooks:manage',
    'applications:manage',
  ] as const;
  const needed: Record<string, (typeof scopes)[number]> = {
    'get /api/v1/connections': 'connections:read',
    'get /api/v1/connections/{id}': 'connections:read',
    'post /api/v1/connections/{id}/token': 'tokens:vend',
    'delete /api/v1/connections/{id}': 'connections:revoke',
    'post /api/v1/connect-sessions': 'connections:create',
    'get /api/v1/connect-sessions/{id}': 'connections:create',
    'post /api/v1/connect-sessions/{id}/complete': 'connections:create',
    'delete /api/v1/connect-sessions/{id}': 'connections:create',
    'get /api/v1/events': 'connections:read',
    'get /api/v1/webhooks': 'webhooks:manage',
    'post /api/v1/webhooks': 'webhooks:manage',
    'patch /api/v1/webhooks/{id}': 'webhooks:manage',
    'post /api/v1/webhooks/{id}/secret': 'webhooks:manage',
    'post /api/v1/webhooks/{id}/test': 'webhooks:manage',
    'delete /api/v1/webhooks/{id}': 'webhooks:manage',
    'get /api/v1/applications': 'applications:manage',
    'post /api/v1/applications': 'applications:manage',
    'get /api/v1/applications/{id}': 'applications:manage',
    'patch /api/v1/applications/{id}': 'applications:manage',
    'post /api/v1/applications/{id}/disable': 'applications:manage',
  };
  const document = (await (await fetch(`${app.url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security: { apiKey: string[] }[] }>>;
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path.startsWith('/api/v1') ? path : `/api/v1${path}`}`),
  );
  expect(operations.filter((operation) => !operation.endsWith('/openapi.json')).sort()).toEqual(
    Object.keys(needed).sort(),
  );

  // What the document says of itself is what the rest of this story finds true.
  for (const [operation, scope] of Object.entries(needed)) {
    const [method = '', path = ''] = operation.split(' ');
    expect(document.paths[path]?.[method]?.security).toEqual([{ apiKey: [scope] }]);
  }

  const keys: [has: string, key: string][] = [['nothing', 'gk_not-a-key']];
  for (const scope of scopes.filter((one) => one !== 'connections:create'))
    keys.push([scope, await makeKey(app, scope)]);
  // Only the key of an application may have this one.
  const own = await startOwnApplication(app, { scopes: ['connections:create'] });
  await own.close();
  keys.push(['connections:create', own.key]);
  const connection = await givenConnection(page, app, 'okta');
  // No webhook, session or application has that id: a key that may ask is told so, and only then.
  const noneOf: Record<string, string> = {
    webhooks: 'whk_none',
    'connect-sessions': 'cns_none',
    applications: 'app_none',
  };
  const idOf = (path: string) => noneOf[path.split('/')[3] ?? ''] ?? connection;
  for (const [operation, scope] of Object.entries(needed)) {
    const [method = '', path = ''] = operation.split(' ');
    for (const [has, key] of keys) {
      const where = path.replace('/api/v1', '').replace('{id}', idOf(path));
      const answer = await callHub(app, key, where, method.toUpperCase());
      const allowed = /manage|create/.test(scope) ? [200, 400, 404] : [200, 202];
      const expected = has === 'nothing' ? 401 : has === scope ? allowed : 403;
      expect([expected].flat(), `${operation} with ${has}`).toContain(answer.status);
      if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
      if (answer.status === 403) expect(await answer.json()).toMatchObject({ code: 'insufficient_scope' });
      else await answer.arrayBuffer();
    }
  }
});

test('no session opens the machine API, whoever’s it is', async ({ asUser: user, asAdmin: administrator, app }) => {
  const id = await givenConnection(user, app, 'github');
  for (const page of [user, administrator]) {
    for (const [method, path] of [
      ['GET', '/connections'],
      ['GET', `/connections/${id}`],
      ['POST', `/connections/${id}/token`],
      ['DELETE', `/connections/${id}`],
    ] as const) {
      const answer = await page.request.fetch(`/api/v1${path}`, { method, headers: { origin: app.url } });
      expect(answer.status(), `${method} ${path}`).toBe(401);
    }
  }
  expect(await (await callHub(app, await serviceKey(app), `/connections/${id}`)).json()).toMatchObject({
    status: 'connected',
  });
});
