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

/** A page at its fullest may have so much (S-15). */
const mostOfPage = { kilobytes: 200, tabStops: 80 };
/** These grow with the product, and not with its use. */
const references = ['/docs/api', '/admin/conformance'];
/** The overview is no list: four charts and their tables, with every hour of the day counted. */
const mostOfOverview = 240;

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
  // The overview draws and tabulates each hour of its day.
  await second.rows(sql`insert into event_hours (hour, action, outcome, provider, count)
    select date_bin('1 hour', now(), 'epoch'::timestamptz) - make_interval(hours => ago), action, outcome, 'google', 1000 + ago
    from generate_series(0, 23) ago, (values ('token.vended', 'ok'), ('token.denied', 'refused'),
      ('token.refreshed', 'ok'), ('token.refresh_failed', 'failed')) kind(action, outcome)
    on conflict (hour, action, outcome, provider) do update set count = excluded.count`);

  const weights: { page: string; kB: number; 'tab stops': number }[] = [];
  const files = globSync('app/**/page.tsx');
  for (const file of files) {
    const path = pathWithin({ ...world, ownersConnection: world.revocable }, file);
    // What belongs to a person is asked for by the one who has thousands.
    const page = file.startsWith('app/admin/') ? administrator : person;
    const address = path.replace(/^\/connect$/, '/connect?provider=okta');
    const answer = await page.request.get(address);
    expect(answer.status(), path).toBe(200);
    const kB = Math.ceil((await answer.body()).length / 1000);
    await page.goto(address);
    // React shows the parts that came later a moment after the page is whole.
    await page.waitForFunction(() => !document.querySelector('template[id^="B:"], [hidden][id^="S:"]'));
    weights.push({ page: path, kB, 'tab stops': await tabStops(page) });
  }
  console.table(weights);
  expect(weights.length).toBeGreaterThan(25);
  expect(
    weights
      .filter(({ page }) => !references.includes(page))
      .filter(
        (one) =>
          one.kB > (one.page === '/admin' ? mostOfOverview : mostOfPage.kilobytes) ||
          one['tab stops'] > mostOfPage.tabStops,
      ),
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
    [person, '/connections?only=okta', null],
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
  expect((await listed.body()).length).toBeLessThan(1_500_000);
});
