import type { Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { everyPage } from './every-page.ts';
import { expect, test } from './governed.ts';
import { signInAs, someone, stepUpAs } from './steps.ts';
import { leaveNothing, makeWorld, smallestPng, type World } from './world.ts';

test.afterAll(({ second }) => leaveNothing(second));

interface FormStory {
  /** The name of the form, as its page marks it. */
  form: string;
  path: string;
  /** Types what the form needs, and presses its button. */
  submit(page: Page): Promise<void>;
  /** Seen once the act went on by itself; a file where the form answers with one. */
  ends: 'a file' | ((page: Page) => Promise<void>);
}

const press =
  (name: string, within = 'main') =>
  (page: Page) =>
    page.locator(within).getByRole('button', { name, exact: true }).last().click();
const shows = (text: string | RegExp) => (page: Page) => expect(page.getByText(text).first()).toBeVisible();

/** Each form of the admin pages that needs a sign-in of the last minutes. Dialogs have stories of their own. */
const stories = (world: World): FormStory[] => [
  {
    form: 'create key',
    path: '/admin/api-keys',
    submit: async (page) => {
      await page.getByRole('textbox', { name: 'Name' }).fill('fresh');
      await page.getByRole('checkbox', { name: 'tokens:vend' }).check();
      await press('Create API key')(page);
    },
    ends: shows('fresh is ready'),
  },
  {
    form: `rotate ${world.keyToRotate}`,
    path: `/admin/api-keys/${world.keyToRotate}`,
    submit: press('Rotate key'),
    ends: shows(/^The new key of /),
  },
  {
    form: 'create webhook',
    path: '/admin/alerts/webhooks',
    submit: async (page) => {
      await page.getByLabel('Name').fill('fresh');
      await page.getByLabel('Address').fill(world.hookUrl);
      await press('Add webhook')(page);
    },
    ends: shows('fresh is ready'),
  },
  {
    form: 'rule failed_exchanges',
    path: '/admin/alerts/rules/failed_exchanges',
    submit: press('Save'),
    ends: shows('The rule is changed'),
  },
  {
    form: 'register application',
    path: '/admin/applications/new',
    submit: async (page) => {
      await page.getByRole('textbox', { name: 'Name' }).fill('Fresh');
      await page.getByRole('textbox', { name: 'Contact' }).fill('ops@fresh.example');
      await page.getByRole('textbox', { name: 'Return addresses' }).fill('https://fresh.example/connected');
      await press('Register application')(page);
    },
    ends: (page) => page.waitForURL(/\/admin\/applications\/app_/),
  },
  {
    form: `change ${world.application}`,
    path: `/admin/applications/${world.application}`,
    submit: async (page) => {
      await page.getByRole('textbox', { name: 'Name' }).fill('Fresher');
      await press('Save')(page);
    },
    ends: (page) => expect(page.getByRole('heading', { level: 1, name: 'Fresher' })).toBeVisible(),
  },
  {
    form: `appearance ${world.application}`,
    path: `/admin/applications/${world.application}`,
    submit: async (page) => {
      const picture = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(smallestPng, 'base64') };
      await page.getByLabel('Logo (optional)').setInputFiles(picture);
      await page.getByLabel(/, light/).fill('#7e22ce');
      await page.getByLabel(/, dark/).fill('#d8b4fe');
      await press('Save appearance')(page);
    },
    ends: async (page) => {
      await shows('#7e22ce and #d8b4fe')(page);
      await expect(page.locator('main img').first()).toHaveJSProperty('naturalWidth', 1);
    },
  },
  {
    form: `role ${world.person}`,
    path: `/admin/people/${world.person}`,
    submit: async (page) => {
      await page.getByRole('radio', { name: /^Auditor/ }).check();
      await press('Change role')(page);
    },
    ends: shows('The role is Auditor now'),
  },
  { form: 'export ledger', path: '/admin/ledger?range=7d', submit: press('JSON lines'), ends: 'a file' },
  { form: 'checkpoint', path: '/admin/ledger/seals', submit: press('Export a checkpoint'), ends: 'a file' },
  { form: 'checkpoint', path: `/admin/alerts/${world.alert}`, submit: press('Export a checkpoint'), ends: 'a file' },
  {
    form: 'export revocation',
    path: `/admin/revocations/${world.prepared}`,
    submit: press('Export CSV'),
    ends: 'a file',
  },
  { form: 'export connections', path: '/admin/evidence', submit: press('Export connections'), ends: 'a file' },
  { form: 'evidence bundle', path: '/admin/evidence', submit: press('Report to read'), ends: 'a file' },
];

/** What can be pressed on a page, and the forms that go on after a sign-in. */
async function formsOf(page: Page, path: string): Promise<{ marks: string[]; buttons: string[] }> {
  const html = await (await page.request.get(path)).text();
  const found = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, text = '']) => text.replace(/<[^>]*>/g, ''));
  return {
    marks: found(/data-go-on="([^"]+)"/g).toSorted(),
    buttons: found(/<button\b[^>]*>(.*?)<\/button>/gs).toSorted(),
  };
}

test('S-13 a form is there before the fresh sign-in, asks for it when it is sent, and goes on with what was typed', async ({
  newPage,
  app,
  second,
  hook,
}) => {
  const [person, owner, page, visitor] = [await newPage(), await newPage(), await newPage(), await newPage()];
  await signInAs(person, app, someone());
  await signInAs(owner, app, someone('Owner'));
  await signInAs(page, app, 'admin@example.com');
  const world = await makeWorld(second, app, { person, owner }, hook);
  const table = stories(world);

  const pages = everyPage(world, { person, administrator: page, visitor }).filter(({ by }) => by === page);
  // The walk has a frozen key, which cannot be rotated.
  pages.push({ by: page, path: `/admin/api-keys/${world.keyToRotate}` });
  const before = new Map<string, Awaited<ReturnType<typeof formsOf>>>();
  for (const { path } of pages) before.set(path, await formsOf(page, path));
  await stepUpAs(page, app, 'admin@example.com');
  for (const [path, forms] of before) expect.soft(await formsOf(page, path), path).toEqual(forms);
  const marks = new Set([...before.values()].flatMap((forms) => forms.marks));
  expect([...marks].toSorted()).toEqual([...new Set(table.map(({ form }) => form))].toSorted());

  for (const { form, path, submit, ends } of table) {
    await test.step(`${form} on ${path}`, async () => {
      await second.rows(
        sql`update sessions set authenticated_at = now() - interval '6 minutes' where authenticated_at is not null`,
      );
      await page.goto(path);
      await submit(page);
      // A refused form offers the sign-in; one that the browser posts by itself has led to it already.
      const offer = page.getByRole('alert').getByRole('link', { name: 'Sign in once more' });
      const asked = page.getByRole('heading', { level: 1, name: 'Sign in once more' });
      await expect(offer.or(asked)).toBeVisible();
      if (!(await asked.isVisible())) await offer.click();
      await page.getByRole('button', { name: 'Sign in with Demo' }).click();
      const file = ends === 'a file' ? page.waitForEvent('download') : null;
      await page.getByRole('button', { name: 'Continue as administrator' }).click();
      if (ends === 'a file') await file;
      else await ends(page);
    });
  }
});
