import type { Page } from '@playwright/test';
import { CanarySweep } from '#tests/canary';
import { copyDatabase } from '#tests/canary-database';
import { tapServers } from '#tests/canary-tap';
import type { RunningApp } from './app-process.ts';
import { expect, test } from './fixtures.ts';
import {
  callHub,
  connectable,
  flowUpToCallback,
  givenConnection,
  makeAuditor,
  personOf,
  serviceKey,
  signInAs,
  someone,
  stepUpAs,
  vend,
} from './steps.ts';

/** Everything that a browser holds for the app after it has drawn the pages, and what the server renders for it. */
async function sweepBrowser(
  sweep: CanarySweep,
  who: string,
  { page, paths, drawn }: { page: Page; paths: readonly string[]; drawn: readonly string[] },
): Promise<void> {
  for (const path of paths) {
    if (drawn.includes(path)) {
      await page.goto(path);
      sweep.search(`${path} as ${who}`, await page.content());
      sweep.search(`address of ${path} as ${who}`, page.url());
    }
    for (const headers of [{ accept: 'text/html' }, { rsc: '1' }] as Record<string, string>[]) {
      const answer = await page.request.get(path, { headers });
      sweep.search(`answer of ${path} as ${who}`, `${JSON.stringify(answer.headers())}${await answer.text()}`);
    }
  }
  const stored = await page.evaluate(async () => {
    const databases = (await indexedDB.databases()).map(({ name }) => name);
    return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, databases, await caches.keys(), window.name]);
  });
  sweep.search(`storage of ${who}`, stored);
  sweep.search(`cookies of ${who}`, JSON.stringify(await page.context().cookies()));
}

/** Adds a webhook that is never sent anything, and leaves the page that shows its secret. */
async function newWebhookSecret(page: Page, app: RunningApp): Promise<string> {
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto('/admin/alerts/webhooks');
  await page.getByLabel('Name').fill(someone('hook'));
  await page.getByLabel('Address').fill('https://hooks.example.com/');
  await page.getByRole('checkbox', { name: 'connection.recovered' }).check();
  await page.getByRole('button', { name: 'Add webhook' }).click();
  const secret = await page.getByText(/^whsec_/).textContent();
  return (secret ?? '').replace('whsec_', '');
}

/** What an administrator takes away as files: the ledger, and a bulk revocation that is only prepared. */
async function sweepFiles(sweep: CanarySweep, page: Page, app: RunningApp, person: string): Promise<void> {
  await stepUpAs(page, app, 'admin@example.com');
  await page.goto(`/admin/revocations?person=${person}`);
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByText('Nothing is revoked yet').waitFor();
  const { pathname } = new URL(page.url());
  sweep.search('the preview of a bulk revocation', await page.content());
  const files: [string, string][] = [
    ['/admin/ledger/export', 'csv'],
    ['/admin/ledger/export', 'jsonl'],
    [`${pathname}/export`, 'csv'],
    [`${pathname}/export`, 'json'],
  ];
  for (const [path, format] of files) {
    const answer = await page.request.post(path, { headers: { origin: app.url }, form: { format }, maxRedirects: 0 });
    const text = await answer.text();
    expect([answer.status(), text.length > 500], `${path} as ${format}`).toEqual([200, true]);
    sweep.search(`${path} as ${format}`, text);
  }
}

test('no token, code, verifier, secret or key is anywhere it should not be @postgres', async ({
  newPage,
  app,
  demo,
  switchProvider,
  engine,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 404/);
  const tap = tapServers();
  const codes: string[] = [];
  const key = await serviceKey(app);
  const [person, auditor, administrator] = [await newPage(), await newPage(), await newPage()];
  await signInAs(person, app, someone());
  await signInAs(administrator, app, 'admin@example.com');
  await makeAuditor(administrator, auditor, app);

  // Every way that tokens come and go: connecting, refreshing, failing, reconnecting, revoking, a flow left open.
  const ids: string[] = [];
  const account = someone();
  for (const provider of connectable) {
    // Long enough for the hub to ask who it is, on a busy machine too.
    await switchProvider(provider, { access_token_ttl_s: 5 }, account);
    const id = await givenConnection(person, app, provider, account);
    await switchProvider(provider, { access_token_ttl_s: null }, account);
    ids.push(id);
    await expect
      .poll(
        async () => {
          await vend(app, id);
          return demo.server(provider).counts.refreshes;
        },
        { timeout: 60_000 },
      )
      .toBeGreaterThan(0);
  }
  const another = someone();
  await switchProvider('okta', { token_body: 'garbage' }, another);
  const refused = await flowUpToCallback(person, app, { intent: 'connect', provider: 'okta', account: another });
  await person.request.get(refused.href, { maxRedirects: 0 });
  await switchProvider('auth0', { id_token: 'wrong_nonce' }, another);
  const unproven = await flowUpToCallback(person, app, { intent: 'connect', provider: 'auth0', account: another });
  await person.request.get(unproven.href, { maxRedirects: 0 });
  const open = await flowUpToCallback(person, app, { intent: 'connect', provider: 'github', account: someone() });
  for (const callback of [refused, unproven, open]) codes.push(callback.searchParams.get('code') ?? '');
  const revoked = ids[0] ?? '';
  expect((await callHub(app, key, `/connections/${revoked}`, 'DELETE')).status).toBe(202);
  demo.server('google').withdraw();

  const secrets = [
    ...new Set([...tap.secrets(), ...codes, ...(app.environment.VAULT_KEYS?.split(':').slice(1) ?? [])]),
  ];
  secrets.push(key, app.environment.SESSION_PASSWORD ?? '', await newWebhookSecret(administrator, app));
  for (const provider of connectable) secrets.push(demo.server(provider).clientSecret);
  // Of each provider at least two access tokens, two codes' worth of exchange and, where there are any, ID tokens.
  expect(secrets.length).toBeGreaterThan(30);
  expect(secrets.filter((secret) => secret.startsWith('eyJ')).length).toBeGreaterThan(0);
  for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(16);
  const sweep = new CanarySweep(secrets);

  const own = ['/connections', '/account', '/activity', '/connect?provider=okta', '/nothing'];
  for (const id of ids) own.push(`/connections/${id}`);
  const admins = ['/admin/connections', '/admin/people', '/admin/api-keys'];
  for (const id of ids) admins.push(`/admin/connections/${id}`);
  const owner = await personOf(app, ids[1] ?? '');
  admins.push(`/admin/people/${owner}`, '/admin/ledger');
  const governing = ['/admin', '/admin/alerts', '/admin/alerts/rules', '/admin/alerts/webhooks', '/admin/freezes'];
  governing.push('/admin/revocations', '/admin/ledger/seals', '/admin/status', `/admin/ledger?connection=${revoked}`);

  // What a browser makes of an answer has nothing to do with the engine that its rows come from.
  const drawnOf = (paths: readonly string[]) => (engine === 'pglite' ? paths : paths.slice(0, 1));
  for (const [who, page, paths] of [
    ['the person', person, own],
    ['the auditor', auditor, [...admins, ...governing]],
    ['the administrator', administrator, [...admins, ...governing]],
  ] as const)
    await sweepBrowser(sweep, who, { page, paths, drawn: drawnOf(paths) });
  await sweepFiles(sweep, administrator, app, owner);
  sweep.search('/metrics', await (await fetch(`${app.url}/metrics`)).text());

  const paths = ['/connections', ...ids.map((id) => `/connections/${id}`), '/openapi.json', '/connections/con_none'];
  for (const path of paths) sweep.search(`the API's ${path}`, await (await callHub(app, key, path)).text());
  const gone = await callHub(app, key, `/connections/${revoked}/token`, 'POST');
  sweep.search('the API about a revoked connection', await gone.text());
  for (const secret of [key.slice(0, -1), 'gk_wrong']) {
    sweep.search('the API about a wrong key', await (await callHub(app, secret, '/connections')).text());
  }

  const { rows, files } = await copyDatabase(app);
  expect(rows.get('connections')?.length).toBeGreaterThanOrEqual(ids.length);
  expect(rows.get('ledger')?.length).toBeGreaterThan(20);
  for (const [table, found] of rows) sweep.search(`the table ${table}`, found.join('\n'));
  for (const [path, bytes] of files) sweep.searchBytes(`the database's file ${path}`, bytes);
  sweep.search('the log', app.log());
  expect(tap.calls.length).toBeGreaterThan(20);
  for (const { method, url } of tap.calls) sweep.search(`the address of a ${method} to a provider`, url);
  const streamed = await app.grantkeep('ledger', 'stream');
  expect(streamed.split('\n').length).toBeGreaterThan(20);
  sweep.search('the stream of the ledger', streamed);
  tap.stop();

  expect(sweep.findings).toEqual([]);
  expect(sweep.places).toBeGreaterThan(100);
});
