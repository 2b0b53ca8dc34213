import { globSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { databaseState } from './database-state.ts';
import { expect, test } from './governed.ts';
import { cutOff, look } from './look.ts';
import {
  type Caller,
  callers,
  type Expectation,
  everyone,
  forAuditors,
  handlers,
  type Outcome,
  pages,
} from './route-rules.ts';
import { givenConnection, makeAuditor, makeKey, signInAs, someone, stepUpAs } from './steps.ts';
import { leaveNothing, makeWorld, pathWithin } from './world.ts';

test.afterAll(({ second }) => leaveNothing(second));

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
  // The lack of a late sign-in is not the reason of a refusal.
  for (const [caller, name] of [
    ['user', usersName],
    ['owner', ownersName],
    ['auditor', auditorsName],
    ['administrator', 'admin@example.com'],
  ] as const)
    await stepUpAs(browser[caller], app, name);
  const identity = (caller: Caller): Record<string, string> =>
    caller === 'key' ? { authorization: `Bearer ${key}` } : {};
  // Ten minutes after its start a hub begins the checks of the day, which write for a while. They seem to be under way.
  await second.rows(sql`insert into check_runs (id, started_by) values ('run_of_the_day', 'story')`);
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

  await second.rows(sql`delete from check_runs where id = 'run_of_the_day'`);

  // Pages that need a world to be looked at; looks.spec.ts has the others.
  for (const path of pageFiles.filter((one) => /^app\/admin\/alerts\/(?:webhooks\/)?\[/.test(one))) {
    await look(browser.administrator, pathWithin(world, path));
    expect.soft(await cutOff(browser.administrator), path).toEqual([]);
  }

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
