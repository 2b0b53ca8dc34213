import { globSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { RunningApp } from './app-process.ts';
import { expect, test } from './fixtures.ts';
import { callHub, givenConnection, makeKey, personOf, signInAs, someone } from './steps.ts';

/** What comes of a GET: the page, `sign-in`, `not-found`, `refused`, or the path one is sent on to. */
type Outcome = 'shown' | 'sign-in' | 'not-found' | 'refused' | `/${string}`;

interface Expectation {
  nobody: Outcome;
  user: Outcome;
  auditor: Outcome;
  administrator: Outcome;
}

const forPeople: Expectation = { nobody: 'sign-in', user: 'shown', auditor: 'shown', administrator: 'shown' };
const forAdmins: Expectation = { nobody: 'sign-in', user: 'not-found', auditor: 'shown', administrator: 'shown' };
const everyone = (outcome: Outcome): Expectation => ({
  nobody: outcome,
  user: outcome,
  auditor: outcome,
  administrator: outcome,
});

/** One line for every page and handler of `app/`: a new one without a line here fails. `[id]` is of the user. */
const expectations: Record<string, Expectation> = {
  '/': { ...everyone('/connections'), nobody: '/sign-in' },
  '/sign-in': { ...everyone('/connections'), nobody: 'shown' },
  '/account': forPeople,
  '/activity': forPeople,
  '/connect': forPeople,
  '/step-up': forPeople,
  '/connections': forPeople,
  '/connections/[id]': { ...everyone('not-found'), nobody: 'sign-in', user: 'shown' },
  '/connections/[id]/disconnect': { ...everyone('not-found'), nobody: 'sign-in', user: 'shown' },
  '/admin': forAdmins,
  '/admin/alerts': forAdmins,
  // None of that id is there.
  '/admin/alerts/[id]': { ...everyone('not-found'), nobody: 'sign-in' },
  '/admin/alerts/rules': forAdmins,
  '/admin/alerts/rules/[id]': { ...everyone('not-found'), nobody: 'sign-in' },
  '/admin/alerts/webhooks': forAdmins,
  '/admin/alerts/webhooks/[id]': { ...everyone('not-found'), nobody: 'sign-in' },
  '/admin/alerts/webhooks/[id]/[delivery]': { ...everyone('not-found'), nobody: 'sign-in' },
  '/admin/api-keys': forAdmins,
  '/admin/connections': forAdmins,
  '/admin/connections/[id]': forAdmins,
  '/admin/freezes': forAdmins,
  '/admin/ledger': forAdmins,
  '/admin/ledger/seals': forAdmins,
  // Files are asked for by forms only.
  '/admin/ledger/export': everyone('refused'),
  '/admin/ledger/checkpoint': everyone('refused'),
  '/admin/people': forAdmins,
  '/admin/people/[id]': forAdmins,
  '/admin/revocations': forAdmins,
  // There is none of that id.
  '/admin/revocations/[id]': { ...everyone('not-found'), nobody: 'sign-in' },
  // Takes forms only.
  '/admin/revocations/[id]/export': everyone('refused'),
  '/admin/status': forAdmins,
  // As the document that it is made of.
  '/docs/api': everyone('shown'),
  '/oauth/start': everyone('/connect'),
  '/oauth/callback': everyone('refused'),
  // The machine API takes keys, never sessions.
  '/api/v1/[...path]': everyone('refused'),
};

const routes = globSync('app/**/{page.tsx,route.ts}').map((file) => {
  const folders = file.split('/').slice(1, -1);
  return `/${folders.filter((folder) => !folder.startsWith('(')).join('/')}`;
});

async function outcome(page: Page, path: string): Promise<Outcome> {
  const answer = await page.request.get(path, { maxRedirects: 0 });
  const status = answer.status();
  if (status === 303 || status === 307) {
    const { pathname, searchParams } = new URL(answer.headers().location ?? '', 'http://hub');
    return searchParams.has('return_to') ? 'sign-in' : (pathname as Outcome);
  }
  if (status === 404) return 'not-found';
  return status === 200 ? 'shown' : 'refused';
}

async function everyRole(newPage: () => Promise<Page>, app: RunningApp): Promise<Record<keyof Expectation, Page>> {
  const [nobody, user, auditor, administrator] = [await newPage(), await newPage(), await newPage(), await newPage()];
  const name = someone('Auditor');
  await signInAs(user, app, someone());
  await signInAs(auditor, app, name);
  await signInAs(administrator, app, 'admin@example.com');
  await administrator.goto(`/admin/people?q=${encodeURIComponent(name)}`);
  await administrator.getByRole('link', { name, exact: true }).click();
  await administrator.getByRole('radio', { name: /^Auditor/ }).check();
  await administrator.getByRole('button', { name: 'Change role' }).click();
  await administrator.getByText('The role is Auditor now').waitFor();
  return { nobody, user, auditor, administrator };
}

test('every page and handler has an expectation, and every expectation a page', () => {
  expect(routes.toSorted()).toEqual(Object.keys(expectations).toSorted());
});

test('each role gets from each page what it may see', async ({ newPage, app }) => {
  const roles = await everyRole(newPage, app);
  const connection = await givenConnection(roles.user, app, 'okta');
  const person = await personOf(app, connection);
  const found: Record<string, Expectation> = {};
  for (const route of Object.keys(expectations)) {
    const path = route
      .replace('/people/[id]', `/people/${person}`)
      .replace('[id]', connection)
      .replace('[...path]', 'connections')
      .replace(/^\/connect$/, '/connect?provider=okta');
    const outcomes = { ...everyone('refused') };
    for (const role of Object.keys(outcomes) as (keyof Expectation)[]) {
      outcomes[role] = await outcome(roles[role], path);
    }
    found[route] = outcomes;
  }
  expect(found).toEqual(expectations);
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
