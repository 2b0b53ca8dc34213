import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import type { RunningApp } from './app-process.ts';
import { expect, test } from './governed.ts';
import {
  type Connectable,
  freezeBy,
  frozenBanner,
  givenConnection,
  someone,
  statusWithToken,
  stepUpAs,
} from './steps.ts';

/** The addresses of the service with the leaked key, of another service, and of the thief of the key. */
const [home, office, elsewhere] = ['198.51.100.20', '192.0.2.80', '203.0.113.66'];

interface Key {
  id: string;
  name: string;
  key: string;
}

async function keyFor(app: RunningApp, service: string): Promise<Key> {
  return JSON.parse(
    await app.grantkeep('api-key', 'create', '--name', someone(service), '--scope', 'tokens:vend'),
  ) as Key;
}

/** Reads a connection's token from some address. */
async function read(app: RunningApp, { key }: Key, connection: string, from: string) {
  const answer = await fetch(`${app.url}/api/v1/connections/${connection}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': from },
  });
  const { access_token: token, code } = (await answer.json()) as { access_token?: string; code?: string };
  return { status: answer.status, token: token ?? '', code };
}

/** Presses the button and answers the file that came. */
async function download(page: Page, button: Locator): Promise<string> {
  const coming = page.waitForEvent('download');
  await button.click();
  return readFileSync(await (await coming).path(), 'utf8');
}

test('the bad day: a key leaks, and everything that it read is found, stopped, revoked, proved dead and handed over', async ({
  asAdmin: page,
  signedIn,
  app,
  demo,
  hook,
  second,
}) => {
  // Long before: a webhook is set up, people have connected accounts, and two services read them from where they run.
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto('/admin/alerts/webhooks');
  await page.getByLabel('Name').fill('on call');
  await page.getByLabel('Address').fill(hook.url);
  await page.getByRole('button', { name: 'Add webhook' }).click();
  const secret = String(await page.getByText(/^whsec_/).textContent());
  await second.rows(
    sql`update sessions set authenticated_at = now() - interval '1 day' where authenticated_at is not null`,
  );
  const [leaked, other] = [await keyFor(app, 'billing-sync'), await keyFor(app, 'reports')];
  const [ada, ben] = [await signedIn(someone('Ada')), await signedIn(someone('Ben'))];
  const providers = ['google', 'github', 'salesforce', 'okta'] as const satisfies readonly Connectable[];
  const taken: { provider: Connectable; id: string; token: string }[] = [];
  for (const [n, provider] of providers.entries())
    taken.push({ provider, id: await givenConnection(n % 2 ? ben : ada, app, provider), token: '' });
  const untouched = await givenConnection(ada, app, 'okta');
  await second.until(sql`select from alert_progress where read_to is not null`);
  for (const { id } of taken) expect((await read(app, leaked, id, home)).status).toBe(200);
  expect((await read(app, other, untouched, office)).status).toBe(200);
  await second.until(sql`select from key_networks where api_key_id = ${leaked.id}`);
  // Keys of other stories on this hub may have been told of.
  const told = () => hook.received.find(({ body }) => body.includes('new_network') && body.includes(leaked.id));
  expect(told()).toBeUndefined();

  // The key is found by somebody, who reads with it and uses what it gives.
  for (const one of taken) {
    const { status, token } = await read(app, leaked, one.id, elsewhere);
    expect(status).toBe(200);
    one.token = token;
    expect(await statusWithToken(app, one.provider, token)).toBe(200);
  }
  await second.until(sql`select from alerts where rule = 'new_network' and subject = ${leaked.id}`);

  // Who is on call is told, by a message that verifies and holds no secret.
  await expect.poll(told).toBeDefined();
  const { body = '', headers = {} } = told() ?? {};
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({
    type: 'alert.opened',
    data: { rule: 'new_network', subject: leaked.id, severity: 'critical' },
  });
  for (const { token } of taken) expect(body).not.toContain(token);
  expect(body).not.toContain(leaked.key);

  // The administrator sees it wherever they are, and from where the key was used.
  await page.goto('/admin');
  const sections = page.getByRole('navigation', { name: 'Admin sections' });
  await expect(sections.getByRole('link', { name: /^Alerts \d+ waiting/ })).toBeVisible();
  await sections.getByRole('link', { name: /^Alerts/ }).click();
  const row = page.getByRole('table', { name: 'Alerts' }).getByRole('row').filter({ hasText: leaked.name });
  await row.getByRole('link', { name: 'A key read tokens from a network never seen for it' }).click();
  await expect(page.getByRole('region', { name: 'What was found' })).toContainText(elsewhere);
  await expect(page.getByRole('region', { name: 'What was found' })).toContainText('203.0.113.0/24');
  const alert = page.url();

  // Frozen from there: nothing more comes out by this key, and every page says so.
  await freezeBy(page, 'Freeze', 'the key leaked');
  expect(await read(app, leaked, taken[0]?.id ?? '', elsewhere)).toMatchObject({ status: 423, code: 'frozen' });
  expect(await read(app, leaked, taken[1]?.id ?? '', home)).toMatchObject({ status: 423 });
  expect((await read(app, other, untouched, office)).status).toBe(200);
  // How far it goes is not known yet, so everything is stopped.
  await page.goto('/admin/freezes');
  await freezeBy(page, 'Freeze everything', 'until we know how far it goes');
  expect(await read(app, other, untouched, office)).toMatchObject({ status: 423, code: 'frozen' });
  for (const path of ['/admin', '/admin/people', '/admin/connections', '/admin/ledger', '/admin/status', alert]) {
    await page.goto(path);
    await expect(frozenBanner(page), path).toContainText('Everything is frozen');
    await expect(frozenBanner(page), path).toContainText(leaked.name);
  }

  // All tokens that the key read, and the ones that went to an address that is not ours.
  await page.getByRole('link', { name: 'What it read', exact: true }).click();
  const ledger = page.getByRole('table', { name: 'Ledger' }).getByRole('row').filter({ hasText: 'Token read' });
  await expect(page.getByRole('combobox', { name: 'API key' })).toHaveValue(leaked.id);
  await expect(ledger).toHaveCount(2 * taken.length);
  await page.getByRole('textbox', { name: 'Address', exact: true }).fill(elsewhere);
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(ledger).toHaveCount(taken.length);
  // The file comes after the sign-in that the press asked for.
  await page.getByRole('button', { name: 'JSON lines' }).click();
  await page.getByRole('button', { name: 'Sign in with Demo' }).click();
  const lines = (await download(page, page.getByRole('button', { name: 'Continue as administrator' })))
    .trimEnd()
    .split('\n');
  const reads = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(reads.map(({ connection_id }) => connection_id)).toEqual(taken.map(({ id }) => id));
  for (const one of reads)
    expect(one).toMatchObject({ action: 'token.vended', api_key_id: leaked.id, ip: elsewhere, outcome: 'ok' });

  // Revoked in one move, while everything is frozen.
  await page.goto(alert);
  await page.getByRole('link', { name: 'Revoke what it read' }).click();
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByRole('heading', { name: `Revoke ${taken.length} connections`, level: 1 })).toBeVisible();
  await expect(page.getByText('Nothing is revoked yet')).toBeVisible();
  for (const { provider, token } of taken) expect(await statusWithToken(app, provider, token)).toBe(200);
  await page.getByRole('button', { name: `Revoke ${taken.length}` }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('read with the leaked key');
  await expect(dialog.getByRole('button', { name: `Revoke ${taken.length}` })).toBeDisabled();
  await dialog.getByRole('textbox', { name: /^Type/ }).fill(`revoke ${taken.length}`);
  await dialog.getByRole('button', { name: `Revoke ${taken.length}` }).click();
  await expect(page.getByText(`${taken.length} of ${taken.length} proved dead`)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('Finished.')).toBeVisible();

  // Dead where it counts: at the providers, whatever our pages say.
  for (const { provider, token } of taken) {
    expect(await statusWithToken(app, provider, token), provider).toBe(401);
    expect(await demo.server(provider).look(token), provider).toBeNull();
  }

  // Handed over as files.
  const csv = (await download(page, page.getByRole('button', { name: 'Export CSV' }))).trimEnd().split('\r\n');
  const [header = '', ...rows] = csv;
  const [connection, here, there, proof] = ['connection', 'here', 'at_provider', 'proof'].map((name) =>
    header.split(',').indexOf(name),
  );
  expect(rows.map((row) => [connection, here, there, proof].map((at) => row.split(',')[at ?? -1])).toSorted()).toEqual(
    taken.map(({ id }) => [id, 'revoked', 'revoked_upstream', 'proved']).toSorted(),
  );
  const file = JSON.parse(await download(page, page.getByRole('button', { name: 'Export JSON' })));
  expect(file).toMatchObject({ total: taken.length, reason: 'read with the leaked key' });
  expect(file.rows).toHaveLength(taken.length);
  for (const text of [csv.join('\n'), JSON.stringify(file), lines.join('\n')])
    for (const { token } of taken) expect(text).not.toContain(token);

  // The key ends, and the rest goes on.
  await page.goto('/admin/api-keys');
  await page.getByRole('link', { name: leaked.name }).click();
  await page.getByRole('button', { name: `Revoke ${leaked.name}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByRole('alertdialog')).toBeHidden();
  await page.goto('/admin/freezes');
  const freezes = page.getByRole('table', { name: 'Standing freezes' });
  for (const left of [2, 1]) {
    await expect(freezes.getByRole('button', { name: /^Thaw/ })).toHaveCount(left);
    await freezes.getByRole('button', { name: /^Thaw/ }).first().click();
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('every grant it read is dead');
    await dialog.getByRole('button', { name: 'Thaw' }).click();
    await expect(dialog).toBeHidden();
  }
  await expect(page.getByText('Nothing is frozen')).toBeVisible();
  await expect(frozenBanner(page)).toBeHidden();
  expect((await read(app, leaked, untouched, elsewhere)).status).toBe(401);
  expect((await read(app, other, untouched, office)).status).toBe(200);
  expect(await read(app, other, taken[0]?.id ?? '', office)).toMatchObject({ status: 409, code: 'revoked' });

  // The people see what became of theirs.
  await ada.goto(`/connections/${taken[0]?.id}`);
  await expect(ada.getByText(/old access tried: the provider refuses it/)).toBeVisible();

  // And the day is over, on a ledger that holds.
  await page.goto(alert);
  await page.getByRole('textbox', { name: 'Note' }).fill('Key revoked, all that it read proved dead.');
  await page.getByRole('button', { name: 'Resolve' }).click();
  await expect(page.getByText(/^Resolved by/)).toBeVisible();
  const report = JSON.parse(await app.grantkeep('ledger', 'verify'));
  expect(report).toMatchObject({ ok: true, faults: [] });
  expect(report.rows).toBeGreaterThan(30);
});
