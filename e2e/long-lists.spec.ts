import { globSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { expect, test as governed } from './governed.ts';
import { copy, lists, many } from './multiply.ts';
import { makeKey, signInAs, someone } from './steps.ts';
import { makeWorld, pathWithin } from './world.ts';

/** A hub of its own: the thousands of rows must not slow the stories of others. */
const test = governed.extend<object, { alone: null }>({
  alone: [
    async ({ browserName: _ }, use) => {
      await use(null);
    },
    { scope: 'worker', auto: true },
  ],
});

/** Pages that list rows, at their fullest: what a page has may at most be so much (S-15). */
const ofLists = { kilobytes: 200, tabStops: 80 };
const listPages =
  /^\/(?:activity|admin\/(?:connections|people|api-keys|applications|ledger(?:\/seals)?|alerts(?:\/webhooks(?:\/\w+)?)?|revocations(?:\/\w+)?|freezes|providers|reviews))$/;

/** How often Tab stops on the page: what has focus in turn and is there to be seen. */
const tabStops = (page: Page) =>
  page.evaluate(
    () =>
      [
        ...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]'),
      ].filter(
        (element) =>
          element.tabIndex >= 0 &&
          !element.matches(':disabled') &&
          element.checkVisibility({ visibilityProperty: true }),
      ).length,
  );

/** A list of a hundred rows with what the browser needs to take it over is below; 5,000 API keys made 28.7 MB. */
const mostBytes = 1_500_000;

test(`F-14 with ${many} rows in each list every page stays small, and every row can be reached`, async ({
  newPage,
  app,
  second,
  hook,
}) => {
  const [person, owner, administrator] = [await newPage(), await newPage(), await newPage()];
  await signInAs(person, app, someone());
  await signInAs(owner, app, someone('Owner'));
  await signInAs(administrator, app, 'admin@example.com');
  const world = await makeWorld(second, app, { person, owner }, hook);
  await second.rows(sql`insert into webhook_attempts (delivery_id, at, duration_ms, code)
    values (${world.delivery}::bigint, now(), 5, 'timeout')`);
  await second.rows(
    sql`insert into alert_events (alert_id, at, kind, by) values (${world.alert}, now(), 'opened', 'system')`,
  );
  for (const list of lists(world)) await copy(second, list);

  const sizes: Record<string, number> = {};
  const weights: { page: string; kB: number; 'tab stops': number }[] = [];
  const files = globSync('app/**/page.tsx');
  for (const file of files) {
    const path = pathWithin({ ...world, ownersConnection: world.revocable }, file);
    // What belongs to a person is asked for by the one who has thousands.
    const page = file.startsWith('app/admin/') ? administrator : person;
    const answer = await page.request.get(path.replace(/^\/connect$/, '/connect?provider=okta'));
    expect(answer.status(), path).toBe(200);
    sizes[path] = (await answer.body()).length;
    if (!listPages.test(path) && !path.startsWith('/admin/people/')) continue;
    await page.goto(path);
    // React shows the parts that came later a moment after the page is whole.
    await page.waitForFunction(() => !document.querySelector('template[id^="B:"], [hidden][id^="S:"]'));
    weights.push({ page: path, kB: Math.ceil((sizes[path] ?? 0) / 1000), 'tab stops': await tabStops(page) });
  }
  expect(Object.entries(sizes).filter(([, bytes]) => bytes > mostBytes)).toEqual([]);
  expect(Object.keys(sizes).length).toBeGreaterThan(25);
  console.table(weights);
  expect(weights.length).toBeGreaterThan(12);
  expect(
    weights.filter((one) => one.kB > ofLists.kilobytes || one['tab stops'] > ofLists.tabStops),
    'pages with too much',
  ).toEqual([]);

  // A process that says nothing for fifty seconds is gone from its list; the pages before may have taken longer.
  await second.rows(sql`update processes set last_seen_at = clock_timestamp() where id not like '%\\_g\\_%'`);
  // The lists that were cut without a word before: each goes on to its end.
  for (const [page, path, table] of [
    [administrator, '/admin/freezes', 'Standing freezes'],
    [administrator, '/admin/status', 'Processes'],
    [administrator, `/admin/people/${world.person}`, null],
    [person, '/account', null],
  ] as const) {
    await page.goto(path);
    const rows = table ? page.getByRole('table', { name: table, exact: true }).getByRole('row') : null;
    const first = await rows?.nth(1).textContent();
    await page.getByRole('link', { name: 'Next' }).first().click();
    await page.waitForURL(/cursor=/);
    await expect(page.getByRole('link', { name: 'Previous' })).toBeVisible();
    if (rows) expect(await rows.nth(1).textContent()).not.toBe(first);
  }

  const lines = (text: string) => text.trim().split('\n').length;
  expect(lines(await app.grantkeep('freezes'))).toBeGreaterThan(many);
  expect(lines(await app.grantkeep('api-key', 'list'))).toBeGreaterThan(many);

  const key = await makeKey(app, 'connections:read');
  const headers = { authorization: `Bearer ${key}` };
  const listed = await person.request.get('/api/v1/connections', { headers });
  expect(listed.status()).toBe(200);
  expect((await listed.body()).length).toBeLessThan(mostBytes);
});
