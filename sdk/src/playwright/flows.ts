import type { Page } from '@playwright/test';
import { control } from './control.ts';
import type { Hub } from './hub.ts';
import type { DemoProvider, DemoServerId } from './switches.ts';

type ReachableHub = Pick<Hub, 'url' | 'urls' | 'controlSecret'>;

/** What a person decides on the pages of an authorization server. */
export interface Choices {
  /** A name or an e-mail address. Where it is left out, the first account that the page offers to people. */
  account?: string;
  deny?: boolean;
  /** Scopes to untick where the page has checkboxes. */
  untick?: readonly string[];
}

export interface Flow extends Choices {
  intent: 'sign_in' | 'step_up' | 'connect' | 'reconnect';
  provider: DemoServerId;
  /** For `reconnect`. */
  connection?: string;
  /** A path of the hub. */
  returnTo?: string;
}

/** An account at a provider. */
export interface Account {
  provider: DemoProvider;
  account: string;
}

export interface Connection extends Account {
  id: string;
}

/**
 * Takes a flow as far as its callback with this browser's cookies but none of its pages, and answers the callback. The hub
 * has received nothing yet.
 */
export async function flowUpToCallback(page: Page, hub: ReachableHub, flow: Flow): Promise<URL> {
  const { intent, provider, connection, returnTo = '/connections', account, ...choices } = flow;
  const started = await page.request.post(`${hub.url}/oauth/start`, {
    headers: { origin: hub.url },
    form: { intent, provider, return_to: returnTo, ...(connection && { connection_id: connection }) },
    maxRedirects: 0,
  });
  const url = started.headers().location ?? '';
  if (!URL.canParse(url) || new URL(url).origin !== hub.urls[provider])
    throw new Error(`The hub did not begin: it answered ${started.status()} ${url.split('?')[0]}`);
  const { callback } = await control(hub, provider, 'authorize', {}, { url, person: account, ...choices });
  return new URL(String(callback));
}

/** Signing in or connecting without pages: by the hub's real flow. Answers where the hub sends the browser. */
export async function flowWithoutPages(page: Page, hub: ReachableHub, flow: Flow): Promise<URL> {
  const callback = await flowUpToCallback(page, hub, flow);
  const ended = await page.request.get(callback.href, { maxRedirects: 0 });
  if (ended.status() !== 303) throw new Error(`The callback answered ${ended.status()}.`);
  return new URL(ended.headers().location ?? '', hub.url);
}

/** Signs the browser of this page in at the hub, by name. */
export async function signIn(page: Page, hub: ReachableHub, person: string): Promise<void> {
  await flowWithoutPages(page, hub, { intent: 'sign_in', provider: 'demo', account: person });
}

/** Connects an account to the person who is signed in. Throws an Error where the hub does not connect it. */
export async function connect(
  page: Page,
  hub: ReachableHub,
  { provider, account, ...choices }: Account & Omit<Choices, 'account'>,
): Promise<Connection> {
  const back = await flowWithoutPages(page, hub, { ...choices, intent: 'connect', provider, account });
  const id = back.searchParams.get('connection');
  if (!id) throw new Error(`Not connected: ${back.pathname}${back.search}`);
  return { id, provider, account };
}

/** On the pages of a provider: chooses an account by name, and allows what is asked for. */
export async function allow(page: Page, account: string): Promise<void> {
  await page.getByLabel('Another account').fill(account);
  await page.getByRole('button', { name: 'Use this account' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
}
