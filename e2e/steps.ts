import { expect, type Locator, type Page } from '@playwright/test';
import type { Demo, DemoProviderId } from '#demo/start';
import * as client from '../sdk/src/playwright/index.ts';
import { type Flow, type Hub, someone } from '../sdk/src/playwright/index.ts';
import type { RunningApp } from './app-process.ts';

export { someone };

/** An app as far as steps need it, wherever its process runs. */
export type ReachableApp = Pick<RunningApp, 'url' | 'demo' | 'grantkeep'>;

export type Connectable = Exclude<DemoProviderId, 'demo'>;
export const titles: Record<Connectable, string> = {
  google: 'Google',
  github: 'GitHub',
  salesforce: 'Salesforce',
  okta: 'Okta',
  auth0: 'Auth0',
};
export const connectable = Object.keys(titles) as Connectable[];

/** The card of a provider on the connections page. */
export function card(page: Page, provider: Connectable): Locator {
  return page.getByRole('region', { name: titles[provider], exact: true });
}

/** The connection that the address after a flow names. */
export function connectionInAddress(page: Page): string {
  const id = new URL(page.url()).searchParams.get('connection');
  if (!id) throw new Error(`No connection in ${page.url()}`);
  return id;
}

/** What says at the top of an admin page that something is frozen. */
export const frozenBanner = (page: Page): Locator => page.getByRole('region', { name: 'Frozen', exact: true });

/** Presses the button that opens the dialog, gives the reason, and the word where all is frozen, and confirms. */
export async function freezeBy(page: Page, button: string, reason: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason);
  if (button === 'Freeze everything') {
    await expect(dialog.getByRole('button', { name: 'Freeze' })).toBeDisabled();
    await dialog.getByRole('textbox', { name: /^Type/ }).fill('freeze');
  }
  await dialog.getByRole('button', { name: 'Freeze' }).click();
  await expect(dialog).toBeHidden();
}

/** At the provider's pages: another account by name, then Allow. Ends back at the app. */
export async function allowAs(page: Page, account: string): Promise<void> {
  await client.allow(page, account);
  await page.waitForURL(/\/connections[/?]/);
}

/** Connects an account by hand, as a person does; answers the connection's id. */
export async function connectAs(page: Page, provider: Connectable, account: string): Promise<string> {
  await page.goto('/connections');
  await page.getByRole('button', { name: `Connect ${titles[provider]}`, exact: true }).click();
  await allowAs(page, account);
  return connectionInAddress(page);
}

/** Presses Connect and answers the authorization request that the browser then made. */
export async function beginConnecting(page: Page, demo: Demo, provider: Connectable): Promise<URL> {
  await page.goto('/connections');
  const { url } = demo.server(provider);
  const asked = page.waitForRequest((request) => request.url().startsWith(url) && request.url().includes('client_id='));
  await page.getByRole('button', { name: `Connect ${titles[provider]}`, exact: true }).click();
  const authorization = new URL((await asked).url());
  await page.getByRole('heading', { name: 'Choose an account' }).waitFor();
  return authorization;
}

/** The hub as the client for Playwright knows it. */
export function hubOf(app: ReachableApp): Hub {
  const { providers, server, resourceUrl, controlSecret } = app.demo;
  const urls = Object.fromEntries(providers.map(({ id }) => [id, server(id).url]));
  return { url: app.url, urls, resourceUrl, controlSecret, grantkeep: app.grantkeep };
}

/** Takes a flow as far as its callback with this browser's cookies but none of its pages; answers the callback. */
export const flowUpToCallback = (page: Page, app: ReachableApp, flow: Flow): Promise<URL> =>
  client.flowUpToCallback(page, hubOf(app), flow);

/** What signing in or connecting comes to, without the pages: for stories about something else. */
export const flowWithoutPages = (page: Page, app: ReachableApp, flow: Flow): Promise<URL> =>
  client.flowWithoutPages(page, hubOf(app), flow);

/** Signs this browser in by name. */
export const signInAs = (page: Page, app: ReachableApp, account: string): Promise<void> =>
  client.signIn(page, hubOf(app), account);

/** Signs somebody who is signed in in once more, as what needs a sign-in of the last minutes asks for. */
export async function stepUpAs(page: Page, app: ReachableApp, account: string): Promise<void> {
  await flowWithoutPages(page, app, { intent: 'step_up', provider: 'demo', account });
}

/** From a page that says so, signs in once more as the administrator, by hand; ends at `back`. */
export async function stepUpByHand(page: Page, back: RegExp): Promise<void> {
  await page.getByRole('link', { name: 'Sign in once more' }).first().click();
  await page.getByRole('button', { name: 'Sign in with Demo' }).click();
  await page.getByRole('button', { name: 'Continue as administrator' }).click();
  await page.waitForURL(back);
}

/** Connects an account; answers the connection's id. */
export async function givenConnection(
  page: Page,
  app: ReachableApp,
  provider: Connectable,
  account = someone('Account'),
): Promise<string> {
  return (await client.connect(page, hubOf(app), { provider, account })).id;
}

const keys = new WeakMap<ReachableApp, Promise<string>>();

/** An API key that may do everything, made once for each app. */
export function serviceKey(app: ReachableApp): Promise<string> {
  const known = keys.get(app) ?? makeKey(app, 'connections:read', 'tokens:vend', 'connections:revoke');
  keys.set(app, known);
  return known;
}

/** A new API key with these scopes. */
export async function makeKey(app: ReachableApp, ...scopes: string[]): Promise<string> {
  const options = scopes.flatMap((scope) => ['--scope', scope]);
  const line = await app.grantkeep('api-key', 'create', '--name', someone('service'), ...options);
  return (JSON.parse(line) as { key: string }).key;
}

/** Calls the machine API. */
export function callHub(app: ReachableApp, key: string, path: string, method = 'GET'): Promise<Response> {
  return fetch(`${app.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${key}` } });
}

export interface Vended {
  access_token: string;
  expires_in: number | null;
  scope: string | null;
  missing_scopes: string[];
}

/** Asks for a connection's token as a service does; throws where none is given. */
export async function vend(app: ReachableApp, connection: string): Promise<Vended> {
  const answer = await callHub(app, await serviceKey(app), `/connections/${connection}/token`, 'POST');
  if (answer.status !== 200) throw new Error(`Vending answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Vended;
}

/** Calls the demo's resource API with a token; answers the status. */
export async function statusWithToken(app: ReachableApp, provider: Connectable, token: string): Promise<number> {
  const answer = await fetch(`${app.demo.resourceUrl}/${provider}/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** The id of the person with the connection. */
export async function personOf(app: ReachableApp, connection: string): Promise<string> {
  const answer = await callHub(app, await serviceKey(app), `/connections/${connection}`);
  return ((await answer.json()) as { user: string }).user;
}

/** Signs a browser in as somebody new to whom an administrator then gives a role; answers their name. */
async function giveRole(role: 'Administrator' | 'Auditor', administrator: Page, page: Page, app: ReachableApp) {
  const name = someone(role);
  await signInAs(page, app, name);
  await stepUpAs(administrator, app, 'admin@example.com');
  await administrator.goto(`/admin/people?q=${encodeURIComponent(name)}`);
  await administrator.getByRole('link', { name, exact: true }).click();
  await administrator.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
  await administrator.getByRole('button', { name: 'Change role' }).click();
  await administrator.getByText(`The role is ${role} now`).waitFor();
  return name;
}

/** Signs a browser in as somebody new whom an administrator then makes an auditor; answers their name. */
export const makeAuditor = (administrator: Page, auditor: Page, app: ReachableApp): Promise<string> =>
  giveRole('Auditor', administrator, auditor, app);

/** Signs a browser in as somebody new whom an administrator then makes another one; answers their name. */
export const makeAdministrator = (administrator: Page, other: Page, app: ReachableApp): Promise<string> =>
  giveRole('Administrator', administrator, other, app);

/** What the API says of a connection. */
export async function statusOf(app: ReachableApp, connection: string): Promise<string> {
  const answer = await callHub(app, await serviceKey(app), `/connections/${connection}`);
  return ((await answer.json()) as { status: string }).status;
}
