import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import type { EvidenceBundle } from '#lib/evidence/bundle';
import { needCryptography, verifyByPython } from '#scripts/second-verifier';
import type { RunningApp } from './app-process.ts';
import type { SecondProcess } from './governed.ts';
import { expect, test } from './governed.ts';
import { cutOff, look, wide } from './look.ts';
import { givenConnection, makeAuditor, personOf, signInAs, someone, stepUpAs } from './steps.ts';

const note = 'Drilled with a test account at GitHub; the other providers follow next month.';

/** Makes a person silent for 200 days, who was told by mail so many days ago. */
async function fallSilent(app: RunningApp, second: SecondProcess, connection: string, toldDaysAgo?: number) {
  const person = await personOf(app, connection);
  const then = sql`now() - interval '200 days'`;
  await second.rows(sql`update people set created_at = ${then}, last_signed_in_at = ${then} where id = ${person}`);
  await second.rows(sql`update connections set connected_at = ${then} where person_id = ${person}`);
  if (toldDaysAgo === undefined) return;
  const told = sql`now() - make_interval(days => ${toldDaysAgo}::int)`;
  await second.rows(sql`insert into inactivity_notices (person_id, begun_at, notified_at, due_at, notified_by)
    values (${person}, ${told}, ${told}, ${told} + interval '14 days', 'story')`);
}

test('an auditor’s quarter: reviews are due, done and signed off, and the signed bundle proves it', async ({
  asAdmin: page,
  newPage,
  app,
  second,
}) => {
  await needCryptography();
  // People of last spring: one was told five days ago, two long enough ago, and one is yet to be told.
  const [untold, told, due, last] = ['Untold', 'Told', 'Due', 'Last'].map((one) => someone(one)) as [
    ...[string, string, string, string],
  ];
  for (const [who, toldDaysAgo] of [[untold], [told, 5], [due, 20], [last, 25]] as const) {
    const person = await newPage();
    await signInAs(person, app, who);
    await fallSilent(app, second, await givenConnection(person, app, 'okta'), toldDaysAgo);
  }

  // The auditor's first look.
  await second.until(sql`select from reviews where task = 'inactive_grants'`);
  const auditor = await newPage();
  const name = await makeAuditor(page, auditor, app);
  await auditor.goto('/admin/reviews');
  const openReview = async (title: string) => {
    await auditor.goto('/admin/reviews');
    const table = auditor.getByRole('table', { name: 'Reviews that are due' });
    await table.getByRole('link', { name: title }).click();
    await auditor.waitForURL(/\/admin\/reviews\/rev_/);
    return new URL(auditor.url()).pathname;
  };
  const inactive = await openReview('Grants of inactive people');
  await expect(auditor.getByRole('region', { name: 'Inactive people' })).toContainText(due);
  const drill = await openReview('Revocation drill');
  await expect(auditor.getByRole('main').getByRole('button')).toHaveCount(0);

  // An administrator ends what the silent person left, whose time is over.
  await stepUpAs(page, app, 'admin@example.com');
  await look(page, inactive);
  expect.soft(await cutOff(page)).toEqual([]);
  await page.setViewportSize(wide);
  const row = (who: string) =>
    page.getByRole('region', { name: 'Inactive people' }).getByRole('listitem').filter({ hasText: who });
  await expect(row(untold)).toContainText('Not told');
  await expect(row(told)).toContainText('Told');
  await expect(row(told).getByRole('button')).toHaveCount(0);
  await row(due)
    .getByRole('button', { name: /^Revoke/ })
    .click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(row(due)).toContainText('Revoked');
  const inactivePeople = page.getByRole('region', { name: 'Inactive people' });
  await inactivePeople.getByRole('button', { name: 'Revoke all of 1 person' }).click();
  await page.getByRole('alertdialog').getByRole('textbox').fill('revoke 1');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke 1' }).click();
  await expect(inactivePeople.getByRole('status')).toContainText('Connections of 1 of 1 person revoked.');
  await expect(row(last)).toContainText('Revoked');

  // The administrator makes a grant of their own, and ends it by the drill.
  await givenConnection(page, app, 'github', someone('Test account'));
  await page.goto(drill);
  await page.getByRole('button', { name: 'Compute now' }).click();
  const finding = page.getByRole('region', { name: 'Findings' }).getByRole('listitem').filter({ hasText: 'github' });
  await expect(finding.getByRole('combobox')).toBeVisible();
  await look(page, drill);
  expect.soft(await cutOff(page)).toEqual([]);
  await page.setViewportSize(wide);
  await finding.getByRole('combobox').selectOption({ index: 1 });
  await finding.getByRole('button', { name: 'Run the drill at github' }).click();
  await expect(finding).toContainText('Ended here');
  await expect(finding).toContainText('Its old tokens were proved dead');
  // At another provider the hub makes the grant by itself.
  const unattended = page.getByRole('region', { name: 'Findings' }).getByRole('listitem').filter({ hasText: 'okta' });
  await unattended.getByRole('button', { name: 'Make a test grant and drill at okta' }).click();
  await expect(unattended).toContainText('Grant made');
  await page.getByRole('textbox', { name: 'Note' }).fill(note);
  await page.getByRole('button', { name: 'Sign off' }).click();
  await expect(page.getByRole('region', { name: 'Review', exact: true })).toContainText('Signed off');

  // The auditor reads the sign-off, and takes the quarter home.
  await auditor.goto(drill);
  await expect(auditor.getByRole('region', { name: 'Review', exact: true })).toContainText(note);
  await stepUpAs(auditor, app, name);
  await auditor.goto('/admin/evidence');
  const coming = auditor.waitForEvent('download');
  await auditor.getByRole('button', { name: 'Signed bundle' }).click();
  const file = await (await coming).path();
  await expect(auditor.getByRole('status').filter({ hasText: 'The file is ready' })).toContainText('evidence-');
  const { bundle } = JSON.parse(readFileSync(file, 'utf8')) as { bundle: EvidenceBundle };
  const review = bundle.reviews.find(({ id }) => drill.endsWith(id));
  expect(review).toMatchObject({ state: 'signed_off', note, entry: expect.any(Number) });
  expect(review?.findings).toContain('proved dead');
  const cited = bundle.entries.map(({ text }) => text).join('\n');
  for (const action of ['revocation.drilled', 'person.inactive_revoked', 'review.signed_off'])
    expect(cited).toContain(action);

  // Elsewhere, with the key that the auditor keeps.
  const [key] = bundle.keys;
  expect(await verifyByPython(file, String(key?.public_key))).toMatchObject({ status: 0 });
  expect(await app.grantkeep('evidence', 'verify', file)).toContain('"ok":true');
});
