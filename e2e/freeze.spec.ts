import { readFileSync, writeFileSync } from 'node:fs';
import type { RunningApp } from './app-process.ts';
import { expect, test } from './fixtures.ts';
import {
  callHub,
  card,
  flowWithoutPages,
  freezeBy,
  frozenBanner,
  givenConnection,
  makeAuditor,
  personOf,
  serviceKey,
  signInAs,
  someone,
  stepUpByHand,
  vend,
} from './steps.ts';

const vendStatus = async (app: RunningApp, id: string) =>
  (await callHub(app, await serviceKey(app), `/connections/${id}/token`, 'POST')).status;

/** Lifts every freeze of these stories, however they ended. */
test.afterEach(async ({ app }) => {
  await app.grantkeep('thaw', '--all', '--reason', 'the story is over');
});

test('everything is frozen at once, every admin page says so, and thawing needs a fresh sign-in', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const owner = await newPage();
  await signInAs(owner, app, someone());
  const id = await givenConnection(owner, app, 'okta');
  await vend(app, id);

  await page.goto('/admin/freezes');
  await expect(page.getByText('Nothing is frozen')).toBeVisible();
  await freezeBy(page, 'Freeze everything', 'tokens leaked');
  await expect(frozenBanner(page)).toContainText('Everything is frozen');
  await expect(frozenBanner(page)).toContainText('tokens leaked');
  expect(await vendStatus(app, id)).toBe(423);
  const paths = [
    'connections',
    `connections/${id}`,
    'people',
    `people/${await personOf(app, id)}`,
    'api-keys',
    'revocations',
    'ledger',
    'ledger/seals',
    'alerts',
    'alerts/rules',
    'alerts/webhooks',
    'status',
  ];
  for (const path of paths) {
    await page.goto(`/admin/${path}`);
    await expect(frozenBanner(page), path).toContainText('Everything is frozen');
  }
  await owner.goto(`/connections/${id}`);
  await expect(owner.getByText('Frozen', { exact: true })).toBeVisible();

  await page.goto('/admin/freezes');
  await expect(page.getByText(/Okta, after about 5 days: the first one about/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Thaw everything' })).toBeVisible();
  const other = await flowWithoutPages(page, app, {
    intent: 'step_up',
    provider: 'demo',
    account: someone(),
    returnTo: '/admin/freezes',
  });
  await page.goto(other.href);
  await expect(page.getByText('That did not count')).toBeVisible();
  await page.goto('/admin/freezes');
  await stepUpByHand(page, /\/admin\/freezes$/);
  await expect(page.getByText('Your provider said when you signed in.')).toBeVisible();
  await page.getByRole('button', { name: 'Thaw everything' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('grants revoked');
  await dialog.getByRole('button', { name: 'Thaw' }).click();
  await expect(page.getByText('Nothing is frozen')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Lifted freezes' })).toContainText('grants revoked');
  expect(await vendStatus(app, id)).toBe(200);
});

test('one connection is frozen on its page; another of the same person goes on', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const owner = await newPage();
  await signInAs(owner, app, someone());
  const [frozen, other] = [await givenConnection(owner, app, 'okta'), await givenConnection(owner, app, 'github')];
  await page.goto(`/admin/connections/${frozen}`);
  await freezeBy(page, 'Freeze', 'odd reads');
  await expect(frozenBanner(page)).toContainText('odd reads');
  expect([await vendStatus(app, frozen), await vendStatus(app, other)]).toEqual([423, 200]);
  await app.grantkeep('thaw', '--connection', frozen, '--reason', 'explained');
  await page.reload();
  await expect(frozenBanner(page)).toBeHidden();
});

test('an auditor sees what is frozen and can do nothing about it', async ({ asAdmin, newPage, app }) => {
  const auditor = await newPage();
  await makeAuditor(asAdmin, auditor, app);
  await app.grantkeep('freeze', '--all', '--reason', 'tokens leaked');
  await auditor.goto('/admin/freezes');
  await expect(auditor.getByRole('table', { name: 'Standing freezes' })).toContainText('tokens leaked');
  await expect(auditor.getByRole('button', { name: /Freeze|Thaw/ })).toHaveCount(0);
});

test('what is paused says so to people; where a provider does not say when somebody signed in, it counts as session only', async ({
  app,
  newPage,
  demo: _,
}) => {
  const file = app.environment.PROVIDERS_FILE ?? '';
  const before = readFileSync(file, 'utf8');
  const records = (JSON.parse(before) as { id: string }[]).map((record) =>
    record.id === 'demo' ? { ...record, step_up: 'session_only' } : record,
  );
  await app.end();
  writeFileSync(file, JSON.stringify(records));
  try {
    await app.start();
    await app.grantkeep('freeze', '--all', '--reason', 'tokens leaked');
    const person = await newPage();
    await signInAs(person, app, someone());
    await person.goto('/connections');
    await expect(card(person, 'okta').getByText('An administrator has paused Okta')).toBeVisible();
    await expect(person.getByRole('button', { name: /^Connect/ })).toHaveCount(0);

    const page = await newPage();
    await signInAs(page, app, 'admin@example.com');
    await page.goto('/admin/freezes');
    // Signing in is all that is known here, and it was a moment ago.
    await expect(page.getByText('Session only: your provider does not say')).toBeVisible();
    await page.goto('/step-up?return_to=/admin/freezes');
    await expect(page.getByText('Session only: Demo does not say')).toBeVisible();
    await page.getByRole('button', { name: 'Sign in with Demo' }).click();
    await page.getByRole('button', { name: 'Continue as administrator' }).click();
    await page.getByRole('button', { name: 'Thaw everything' }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('grants revoked');
    await dialog.getByRole('button', { name: 'Thaw' }).click();
    await expect(page.getByText('Nothing is frozen')).toBeVisible();
    await page.goto('/admin/ledger?action=brake.thawed');
    const entries = page.getByRole('table', { name: 'Ledger' });
    await entries.getByRole('link', { name: 'Thawed' }).first().click();
    await expect(entries).toContainText('session_only');
    await person.reload();
    await expect(person.getByRole('button', { name: 'Connect Okta' })).toBeVisible();
  } finally {
    await app.end();
    writeFileSync(file, before);
    await app.start();
  }
});
