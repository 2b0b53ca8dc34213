import { globSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { databaseState } from './database-state.ts';
import { expect, test } from './governed.ts';
import { callHub, givenConnection, makeAuditor, makeKey, serviceKey, signInAs, someone, stepUpAs } from './steps.ts';
import { leaveNothing, makeWorld, pathWithin } from './world.ts';

test.afterAll(({ second }) => leaveNothing(second));

/**
 * What an answer comes to: the page is `shown`, one is asked to `sign-in`, there is no such page (`not-found`), a `file`
 * comes, it is `refused`, or one is sent on, with a code or to a path.
 */
type Outcome = string;

const callers = ['nobody', 'key', 'user', 'owner', 'auditor', 'administrator'] as const;
type Caller = (typeof callers)[number];
type Expectation = Record<Caller, Outcome>;

const everyone = (outcome: Outcome): Expectation => ({
  nobody: outcome,
  // An API key says who a service is, and pages are for people.
  key: outcome,
  user: outcome,
  owner: outcome,
  auditor: outcome,
  administrator: outcome,
});
const nobodyElse = { nobody: 'sign-in', key: 'sign-in' };
const forPeople: Expectation = { ...everyone('shown'), ...nobodyElse };
const forAdmins: Expectation = { ...everyone('not-found'), ...nobodyElse, auditor: 'shown', administrator: 'shown' };
const forTheOwner: Expectation = { ...everyone('not-found'), ...nobodyElse, owner: 'shown' };

/** One line for every page of `app/`: a new one without a line fails. `[id]` is of something that there is. */
const pages: Record<string, Expectation> = {
  '/': { ...everyone('/connections'), nobody: '/sign-in', key: '/sign-in' },
  '/sign-in': { ...everyone('/connections'), nobody: 'shown', key: 'shown' },
  '/account': forPeople,
  '/activity': forPeople,
  '/connect': forPeople,
  '/step-up': forPeople,
  '/connections': forPeople,
  '/connections/[id]': forTheOwner,
  '/connections/[id]/disconnect': forTheOwner,
  '/admin': forAdmins,
  '/admin/alerts': forAdmins,
  '/admin/alerts/[id]': forAdmins,
  '/admin/alerts/rules': forAdmins,
  '/admin/alerts/rules/[id]': forAdmins,
  '/admin/alerts/webhooks': forAdmins,
  '/admin/alerts/webhooks/[id]': forAdmins,
  '/admin/alerts/webhooks/[id]/[delivery]': forAdmins,
  '/admin/api-keys': forAdmins,
  '/admin/connections': forAdmins,
  '/admin/connections/[id]': forAdmins,
  '/admin/freezes': forAdmins,
  '/admin/ledger': forAdmins,
  '/admin/ledger/seals': forAdmins,
  '/admin/people': forAdmins,
  '/admin/people/[id]': forAdmins,
  '/admin/revocations': forAdmins,
  '/admin/revocations/[id]': forAdmins,
  '/admin/status': forAdmins,
  // As the document that it is made of.
  '/docs/api': everyone('shown'),
};

interface Handler {
  expected: Expectation;
  /** A request of an administrator's browser that another site made. */
  foreign: Outcome;
  form?: Record<string, string>;
}

/** Files are looked at, not touched: auditors take them along, with an entry of it in the ledger. */
const file = (form: Record<string, string>): Handler => ({
  expected: {
    ...everyone('forbidden'),
    nobody: 'unauthenticated',
    key: 'unauthenticated',
    auditor: 'file',
    administrator: 'file',
  },
  foreign: 'wrong_origin',
  form,
});
/** Never by a session; each key is tried at every operation below. */
const theApi = (key: Outcome): Handler => ({ expected: { ...everyone('refused'), key }, foreign: 'refused' });

/** One line for every method of every handler of `app/`. */
const handlers: Record<string, Handler> = {
  'POST /admin/ledger/export': file({ format: 'csv' }),
  'POST /admin/ledger/checkpoint': file({}),
  'POST /admin/revocations/[id]/export': file({ format: 'json' }),
  // Without a flow there is nothing to come back from.
  'GET /oauth/callback': { expected: everyone('refused'), foreign: 'refused' },
  'GET /oauth/start': { expected: everyone('/connect'), foreign: '/connect' },
  'POST /oauth/start': {
    expected: { ...everyone('elsewhere'), nobody: 'unauthenticated', key: 'unauthenticated' },
    foreign: 'refused',
    form: { intent: 'connect', provider: 'github', return_to: '/connections' },
  },
  'GET /api/v1/[...path]': theApi('shown'),
  'HEAD /api/v1/[...path]': theApi('shown'),
  'DELETE /api/v1/[...path]': theApi('refused'),
  'OPTIONS /api/v1/[...path]': theApi('refused'),
  'PATCH /api/v1/[...path]': theApi('refused'),
  'POST /api/v1/[...path]': theApi('refused'),
  'PUT /api/v1/[...path]': theApi('refused'),
};

/** Every button that there is for an auditor in the admin area. */
const forAuditors = [
  'CSV',
  'Dark theme',
  'Export CSV',
  'Export JSON',
  'Export a checkpoint',
  'Filter',
  'JSON lines',
  'Light theme',
  'Sign out',
  'Theme of the system',
  'Verify now',
];

const routeOf = (path: string) => {
  const folders = path.split('/').slice(1, -1);
  return `/${folders.filter((folder) => !folder.startsWith('(')).join('/')}`;
};
const files = globSync('app/**/{page,route}.{ts,tsx,js,jsx}');
const pageFiles = files.filter((path) => path.includes('/page.'));
const handlerFiles = files
  .filter((path) => path.includes('/route.'))
  .flatMap((path) => {
    const exported = readFileSync(path, 'utf8').matchAll(
      /export (?:async )?(?:function|const) ([A-Z]+)\b|\bas (GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)\b/g,
    );
    return [...exported].map(([, named, renamed]) => ({ method: named ?? renamed ?? '', path }));
  });

test('every page and every method of a handler has a rule, and every rule a page or handler', () => {
  expect(pageFiles.map(routeOf).toSorted()).toEqual(Object.keys(pages).toSorted());
  expect(handlerFiles.map(({ method, path }) => `${method} ${routeOf(path)}`).toSorted()).toEqual(
    Object.keys(handlers).toSorted(),
  );
  // Whatever else the build answers to is made by Next from these, or is a file of the build.
  const built = JSON.parse(readFileSync('.next/app-path-routes-manifest.json', 'utf8')) as Record<string, string>;
  const made = ['/_not-found', '/_global-error', '/icon.svg'];
  const known = new Set([...files.map(routeOf), ...made]);
  expect(Object.values(built).filter((route) => !known.has(route))).toEqual([]);
});

async function outcome(
  page: Page,
  path: string,
  {
    method = 'GET',
    headers = {},
    form,
  }: { method?: string; headers?: Record<string, string>; form?: Record<string, string> } = {},
): Promise<Outcome> {
  const answer = await page.request.fetch(path, { method, headers, maxRedirects: 0, ...(form && { form }) });
  const status = answer.status();
  if (status === 303 || status === 307) {
    const { origin, pathname, searchParams } = new URL(answer.headers().location ?? '', 'http://hub');
    if (origin !== 'http://hub') return 'elsewhere';
    return searchParams.has('return_to') ? 'sign-in' : (searchParams.get('flow') ?? pathname);
  }
  if (answer.headers()['content-disposition']?.startsWith('attachment')) return 'file';
  if (status === 404) return 'not-found';
  return status === 200 ? 'shown' : 'refused';
}

test('each caller gets from each page and handler what is theirs, and nothing changes by it', async ({
  newPage,
  app,
  second,
  hook,
}) => {
  test.setTimeout(120_000);
  const browser = {} as Record<Caller, Page>;
  for (const caller of callers) browser[caller] = await newPage();
  const person = await newPage();
  const [usersName, ownersName] = [someone(), someone('Owner')];
  await signInAs(browser.user, app, usersName);
  await signInAs(browser.owner, app, ownersName);
  await signInAs(person, app, someone());
  await signInAs(browser.administrator, app, 'admin@example.com');
  const auditorsName = await makeAuditor(browser.administrator, browser.auditor, app);
  const world = await makeWorld(second, app, { person, owner: browser.owner }, hook);
  const key = await makeKey(app, 'connections:read', 'tokens:vend', 'connections:revoke');
  // That nobody signed in of late is not what keeps anything from anybody.
  for (const [caller, name] of [
    ['user', usersName],
    ['owner', ownersName],
    ['auditor', auditorsName],
    ['administrator', 'admin@example.com'],
  ] as const)
    await stepUpAs(browser[caller], app, name);
  const identity = (caller: Caller): Record<string, string> =>
    caller === 'key' ? { authorization: `Bearer ${key}` } : {};
  const before = await databaseState(second);

  const found: Record<string, Expectation> = {};
  for (const path of pageFiles) {
    const address = pathWithin(world, path).replace(/^\/connect$/, '/connect?provider=okta');
    const outcomes = everyone('');
    for (const caller of callers)
      outcomes[caller] = await outcome(browser[caller], address, { headers: identity(caller) });
    found[routeOf(path)] = outcomes;
  }
  expect(found).toEqual(pages);
  expect(await databaseState(second)).toEqual(before);

  for (const { method, path } of handlerFiles) {
    const name = `${method} ${routeOf(path)}`;
    const { expected, foreign, form } = handlers[name] ?? {};
    const address = pathWithin(world, path).replace('[...path]', 'connections');
    const outcomes = everyone('');
    for (const caller of callers) {
      const headers = { origin: app.url, ...identity(caller) };
      outcomes[caller] = await outcome(browser[caller], address, { method, headers, ...(form && { form }) });
    }
    expect(outcomes, name).toEqual(expected);
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const asked = { method, headers, ...(form && { form }) };
    expect(await outcome(browser.administrator, address, asked), `${name} from another site`).toBe(foreign);
  }
  // Files taken and flows begun stand in the ledger, and nowhere else.
  expect({ ...(await databaseState(second)), ledger: '' }).toEqual({ ...before, ledger: '' });

  // What an auditor is offered to press: what looks, and what concerns themselves.
  const offered = new Set<string>();
  for (const path of pageFiles.filter((one) => one.startsWith('app/admin/'))) {
    await browser.auditor.goto(pathWithin(world, path));
    await expect(browser.auditor.getByRole('heading', { level: 1 })).toBeVisible();
    for (const button of await browser.auditor.getByRole('button').all())
      offered.add((await button.getAttribute('aria-label')) ?? (await button.textContent()) ?? '');
  }
  expect([...offered].toSorted()).toEqual(forAuditors);

  // The doors that are not of `app/`.
  for (const caller of callers) {
    expect(await outcome(browser[caller], '/healthz', { headers: identity(caller) })).toBe('shown');
    expect(await outcome(browser[caller], '/readyz', { headers: identity(caller) })).toBe('shown');
    const throughProxy = { ...identity(caller), 'x-forwarded-for': '203.0.113.9' };
    expect(await outcome(browser[caller], '/metrics', { headers: throughProxy })).not.toBe('shown');
  }
});

test('what a page does not show, its RSC payload does not hold either', async ({ asUser: page, newPage, app }) => {
  const administrator = await newPage();
  await signInAs(administrator, app, 'admin@example.com');
  const account = someone('Hidden');
  const id = await givenConnection(administrator, app, 'github', account);
  const label = account.toLowerCase().replaceAll(' ', '-');
  const paths = [
    '/admin/connections',
    '/admin/ledger',
    `/admin/connections/${id}`,
    `/connections/${id}`,
    '/admin/people',
    '/admin/revocations',
    '/admin/alerts',
    '/admin',
  ];
  for (const path of paths) {
    const answer = await page.request.get(path, { headers: { rsc: '1' } });
    expect(await answer.text(), path).not.toContain(label);
  }
  const seen = await administrator.request.get('/admin/connections', { headers: { rsc: '1' } });
  expect(await seen.text()).toContain(label);
});

test('each API key does what its scopes allow, at every operation of the API', async ({ asUser: page, app }) => {
  const scopes = ['connections:read', 'tokens:vend', 'connections:revoke'] as const;
  const needed: Record<string, (typeof scopes)[number]> = {
    'get /api/v1/connections': 'connections:read',
    'get /api/v1/connections/{id}': 'connections:read',
    'post /api/v1/connections/{id}/token': 'tokens:vend',
    'delete /api/v1/connections/{id}': 'connections:revoke',
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
  for (const scope of scopes) keys.push([scope, await makeKey(app, scope)]);
  const connection = await givenConnection(page, app, 'okta');
  for (const [operation, scope] of Object.entries(needed)) {
    const [method = '', path = ''] = operation.split(' ');
    for (const [has, key] of keys) {
      const where = path.replace('/api/v1', '').replace('{id}', connection);
      const answer = await callHub(app, key, where, method.toUpperCase());
      const expected = has === 'nothing' ? 401 : has === scope ? [200, 202] : 403;
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
