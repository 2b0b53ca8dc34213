import { sql } from 'drizzle-orm';
import { expect, test as governed } from './governed.ts';
import { givenConnection, signInAs } from './steps.ts';

/** A hub of its own: while a table is away, other stories would fail. */
const test = governed.extend<object, { alone: null }>({
  alone: [
    async ({ browserName: _ }, use) => {
      await use(null);
    },
    { scope: 'worker', auto: true },
  ],
});

interface Case {
  /** The table that is away. */
  table: string;
  path: string;
  /** The parts that say so in their place, by their headings. */
  unread: string[];
  /** Parts that have nothing to do with it. */
  read: string[];
  /** Words that would be a lie. */
  lie?: string | RegExp;
  /** Buttons of which the page cannot tell whether they are right. */
  buttons?: string | RegExp;
}

const cases: Case[] = [
  {
    table: 'freezes',
    path: '/admin',
    unread: ['Needs attention', 'Connections'],
    read: ['Active alerts', 'The last day'],
    lie: 'Nothing needs attention',
  },
  { table: 'alerts', path: '/admin', unread: ['Active alerts'], read: ['The last day'], lie: 'No active alert' },
  { table: 'event_hours', path: '/admin', unread: ['The last day'], read: ['Active alerts'] },
  {
    table: 'freezes',
    path: '/admin/providers/okta',
    unread: ['Connections'],
    read: ['Health', 'Metadata'],
    buttons: /^Freeze/,
  },
  { table: 'processes', path: '/admin/status', unread: ['Providers', 'Processes'], read: ['Background', 'Database'] },
  { table: 'jobs', path: '/admin/status', unread: ['Background'], read: ['Providers', 'Processes'] },
  { table: 'check_results', path: '/admin/checks', unread: ['Checks'], read: [], lie: 'Nothing was checked yet' },
];

test('a part that cannot be read says so in its place, with a reference, and nothing that is not known', async ({
  newPage,
  app,
  second,
}) => {
  const page = await newPage();
  await signInAs(page, app, 'admin@example.com');
  await givenConnection(page, app, 'okta');
  for (const { table, path, unread, read, lie, buttons } of cases)
    await test.step(`${path} without ${table}`, async () => {
      await second.rows(sql`alter table ${sql.identifier(table)} rename to away`);
      try {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('This page could not be shown');
        for (const name of unread) {
          const part = name === 'Checks' ? page.getByRole('main') : page.getByRole('region', { name, exact: true });
          await expect(part.first()).toContainText(/This could not be read.*Reference req_\w+/);
        }
        for (const name of read)
          await expect(page.getByRole('region', { name, exact: true })).not.toContainText('could not be read');
        if (lie) await expect(page.getByText(lie)).toHaveCount(0);
        if (buttons) await expect(page.getByRole('button', { name: buttons })).toHaveCount(0);
      } finally {
        await second.rows(sql`alter table away rename to ${sql.identifier(table)}`);
      }
    });
});
