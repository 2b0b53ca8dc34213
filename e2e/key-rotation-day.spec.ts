import { sql } from 'drizzle-orm';
import { expect, test } from './governed.ts';
import { cutOff, look, wide } from './look.ts';
import { givenConnection, signInAs, someone, stepUpAs, vend } from './steps.ts';

interface StatusLine {
  key?: string;
  state: string;
  rows?: Record<string, number>;
  reseal?: string;
}

test('an operator’s key rotation day: rotate, reseal with a pause, retire, by page and command line', async ({
  asAdmin: page,
  newPage,
  app,
  second,
}) => {
  const lines = async (...args: string[]) =>
    (await app.grantkeep('vault', ...args))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StatusLine);
  const person = await newPage();
  await signInAs(person, app, someone());
  const connection = await givenConnection(person, app, 'okta');

  // Another story may have left a resealing that rests: it would go on, instead of a new one.
  await lines('reseal');

  // Which key seals, and how much it has sealed.
  const before = await lines('status');
  const old = String(before.find(({ state }) => state === 'seals')?.key);
  expect(before.find(({ key }) => key === old)?.rows).toHaveProperty(['connections.access_token']);
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto('/admin/keys');
  const keys = page.getByRole('table', { name: 'Keys', exact: true });
  await expect(keys.getByRole('row').filter({ hasText: old })).toContainText('Seals');

  // A new key; the stored values need the old one still.
  await page.getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate' }).click();
  const oldRow = keys.getByRole('row').filter({ hasText: old });
  await expect(oldRow).toContainText('Only opens');
  await expect(oldRow.getByRole('button', { name: /^Retire/ })).toHaveCount(0);
  await expect(app.grantkeep('vault', 'retire', old)).rejects.toThrow(/still needed: .*Reseal first/);

  // The background waits while a process of another build runs: it could else be done before it is paused.
  await second.rows(sql`insert into processes (id, host, pid, version) values ('prc_earlier', 'story', 1, 'earlier')`);
  // Resealing begins, rests, and goes on by the command line, which works at once.
  const resealing = page.getByRole('region', { name: 'Resealing' });
  await resealing.getByRole('button', { name: 'Reseal' }).click();
  await expect(resealing.getByRole('progressbar')).toBeVisible();
  await resealing.getByRole('button', { name: 'Pause' }).click();
  await expect(resealing).toContainText('Paused');
  await second.rows(sql`delete from processes where id = 'prc_earlier'`);
  await look(page, '/admin/keys');
  expect.soft(await cutOff(page)).toEqual([]);
  await page.setViewportSize(wide);
  await expect(resealing.getByRole('button', { name: 'Go on' })).toBeVisible();
  expect(await lines('reseal')).toMatchObject([{ state: 'done', skipped: 0 }]);

  // No row needs the old key, and every token is as it was.
  await page.goto('/admin/keys');
  await expect(resealing).toContainText('Done');
  // Sign-ins that began under the old key are forgotten ten minutes later.
  await second.rows(sql`delete from flows`);
  await page.getByRole('button', { name: 'Count now' }).click();
  await oldRow.getByRole('button', { name: `Retire ${old}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Retire' }).click();
  await expect(oldRow).toContainText('Retired');
  expect((await vend(app, connection)).access_token).toBeTruthy();
  const after = await lines('status');
  expect(after.find(({ key }) => key === old)).toMatchObject({ state: 'retired', rows: {} });

  // The ledger keeps the signed statement.
  await page.goto('/admin/ledger?action=vault.key_retired');
  await expect(page.getByRole('row').filter({ hasText: 'Vault key retired' }).first()).toBeVisible();
  const told = sql`select details->>'statement' as statement from ledger where action = 'vault.key_retired'`;
  const statements = (await second.rows<{ statement: string }>(told)).map(({ statement }) => statement);
  expect(statements.join('\n')).toContain(`0 rows under ${old}`);
});
