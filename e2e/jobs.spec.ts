import { sql } from 'drizzle-orm';
import { expect, test } from './governed.ts';
import { type JobFigures, jobCounter } from './keystrokes.ts';
import { flowWithoutPages, givenConnection, personOf, signInAs, someone, stepUpAs, vend } from './steps.ts';

/** Clicks and seconds that a job may take. A fresh sign-in is not counted: it was a moment ago. */
const atMost: Record<string, { clicks: number; seconds: number }> = {
  'Who read this person’s GitHub token': { clicks: 0, seconds: 15 },
  'Revoke all of one person': { clicks: 4, seconds: 25 },
  'Reach the person of a connection that needs it': { clicks: 2, seconds: 15 },
  'Bring all people of a provider back': { clicks: 2, seconds: 15 },
  'Key for one provider': { clicks: 5, seconds: 25 },
  'Export the last week’s ledger': { clicks: 3, seconds: 15 },
  'Why a connect failed': { clicks: 0, seconds: 15 },
};

test('jobs of an administrator take few clicks, fields and words', async ({ asAdmin: page, newPage, app, second }) => {
  const person = await newPage();
  const name = someone('Sought');
  await signInAs(person, app, name);
  const github = await givenConnection(person, app, 'github');
  await vend(app, github);
  const broken = await givenConnection(person, app, 'okta');
  await second.rows(sql`update connections set status = 'needs_reconnect', status_reason = 'ended_at_provider'
    where id = ${broken}`);
  const shown = await flowWithoutPages(person, app, { intent: 'connect', provider: 'okta', deny: true });
  const reference = shown.searchParams.get('ref') ?? '';
  await stepUpAs(page, app, 'admin@example.com');
  const done: JobFigures[] = [];
  const begin = async (job: string) => {
    await page.goto('/admin');
    return jobCounter(page, job);
  };

  const who = await begin('Who read this person’s GitHub token');
  await who.search(`${name} github`);
  await page.waitForURL(/\/admin\/connections\/con_/);
  await who.read(
    page.getByRole('region', { name: 'Used by' }).getByRole('listitem').filter({ hasText: /use/ }).first(),
  );
  done.push(who.figures());

  const why = await begin('Why a connect failed');
  await why.search(reference);
  await page.waitForURL(/\/admin\/requests\//);
  await why.read(page.getByRole('heading', { level: 1 }));
  await why.read(page.getByRole('region', { name: 'Likely causes, and what to do' }));
  done.push(why.figures());

  const reach = await begin('Reach the person of a connection that needs it');
  await reach.search(`${name} okta`);
  await page.waitForURL(/\/admin\/connections\/con_/);
  await reach.click(page.getByRole('button', { name: 'Copy the reconnect link' }));
  done.push(reach.figures());

  const back = await begin('Bring all people of a provider back');
  await back.click(page.getByRole('link', { name: /connections? needs? reconnecting/ }));
  await page.waitForURL(/status=needs_reconnect/);
  await back.click(page.getByRole('button', { name: 'Copy the link for Okta' }));
  done.push(back.figures());

  const key = await begin('Key for one provider');
  await key.click(page.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: 'API keys' }));
  await key.type(page.getByRole('textbox', { name: 'Name' }), 'billing');
  await key.click(page.getByRole('checkbox', { name: 'tokens:vend' }));
  await key.click(page.getByRole('checkbox', { name: 'Okta' }));
  await key.click(page.getByRole('button', { name: 'Create API key' }).last());
  await expect(page.getByRole('heading', { name: 'billing is ready' })).toBeVisible();
  await key.read(page.getByRole('heading', { name: 'billing is ready' }));
  done.push(key.figures());

  const week = await begin('Export the last week’s ledger');
  await week.click(page.getByRole('navigation', { name: 'Admin sections' }).getByRole('link', { name: 'Ledger' }));
  await week.click(page.getByRole('navigation', { name: 'Time' }).getByRole('link', { name: '7 days' }));
  await page.waitForURL(/range=7d/);
  await week.read(page.getByText(/^Export .* rows? as$/));
  const file = page.waitForEvent('download');
  await week.click(page.getByRole('button', { name: 'CSV' }));
  await file;
  done.push(week.figures());

  const all = await begin('Revoke all of one person');
  await all.search(await personOf(app, github));
  await page.waitForURL(/\/admin\/people\/per_/);
  await all.click(page.getByRole('link', { name: 'Revoke many of them' }));
  await all.click(page.getByRole('button', { name: 'Preview' }));
  await all.read(page.getByRole('heading', { name: 'Revoke 2 connections', level: 1 }));
  await all.click(page.getByRole('button', { name: 'Revoke 2' }));
  const dialog = page.getByRole('alertdialog');
  await all.type(dialog.getByRole('textbox', { name: 'Reason' }), 'left');
  await all.type(dialog.getByRole('textbox', { name: /^Type/ }), 'revoke 2');
  await all.click(dialog.getByRole('button', { name: 'Revoke 2' }));
  await expect(page.getByText('2 of 2 revoked here')).toBeVisible();
  done.push(all.figures());

  console.table(done);
  expect(done.map(({ job }) => job).toSorted()).toEqual(Object.keys(atMost).toSorted());
  const over = done.filter(
    ({ job, clicks, seconds }) => clicks > (atMost[job]?.clicks ?? 0) || seconds > (atMost[job]?.seconds ?? 0),
  );
  expect(over, 'jobs that take too much').toEqual([]);
});
