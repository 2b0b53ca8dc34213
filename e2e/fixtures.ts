import { randomBytes } from 'node:crypto';
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import type { Demo, DemoProviderId } from '#demo/start';
import { demoProviderIds } from '#demo/switches';
import { type RunningApp, runApp } from './app-process.ts';
import { type StoryDatabase, storyDatabase } from './story-database.ts';

export { expect };

/** Shared by the stories of one worker. */
export interface StackFixtures {
  engine: 'pglite' | 'postgres';
  database: StoryDatabase;
  /** The app in production mode. */
  app: RunningApp;
}

/** Made anew for each story. */
export interface StoryFixtures {
  /** The demo authorization servers, with their switches and counts as at the start. */
  demo: Demo;
  /** Messages of the browser's console that this story is about; any other error fails it. */
  expectedConsole: RegExp[];
  /** A page signed in as the administrator. */
  asAdmin: Page;
  /** A page signed in as a person whom no other story knows. */
  asUser: Page;
  /** Opens a page in a browser of its own, signed in as a person by name (another name, another person). */
  signIn(name: string): Promise<Page>;
  /** Opens a page in a browser of its own, signed in as nobody. */
  newPage(): Promise<Page>;
}

export const test = base.extend<StoryFixtures, StackFixtures>({
  engine: ['pglite', { option: true, scope: 'worker' }],

  database: [
    async ({ engine }, use) => {
      const database = await storyDatabase(engine);
      await use(database);
      await database.close();
    },
    { scope: 'worker' },
  ],

  app: [
    async ({ database }, use) => {
      const app = await runApp(database.environment);
      await use(app);
      await app.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  baseURL: async ({ app }, use) => {
    await use(app.url);
  },

  demo: async ({ app }, use) => {
    for (const id of demoProviderIds) app.demo.server(id).reset();
    await use(app.demo);
    for (const id of demoProviderIds) app.demo.server(id).reset();
  },

  expectedConsole: async ({ browserName: _ }, use) => {
    await use([]);
  },

  context: async ({ context, expectedConsole }, use) => {
    const faults = watchForFaults(context);
    await use(context);
    expect(unexpected(faults, expectedConsole)).toEqual([]);
  },

  newPage: async ({ browser, baseURL, expectedConsole }, use) => {
    const opened: { context: BrowserContext; faults: string[] }[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...(baseURL && { baseURL }) });
      opened.push({ context, faults: watchForFaults(context) });
      return context.newPage();
    });
    for (const { context } of opened) await context.close();
    expect(opened.flatMap(({ faults }) => unexpected(faults, expectedConsole))).toEqual([]);
  },

  signIn: async ({ newPage, demo: _ }, use) => {
    await use(async (name) => {
      const page = await newPage();
      await signInWithDemo(page, async () => {
        await page.getByLabel('Another user').fill(name);
        await page.getByRole('button', { name: 'Use this name' }).click();
      });
      return page;
    });
  },

  asAdmin: async ({ newPage, demo: _ }, use) => {
    const page = await newPage();
    await signInWithDemo(page, () => page.getByRole('button', { name: 'Continue as administrator' }).click());
    await use(page);
  },

  asUser: async ({ signIn }, use) => {
    await use(await signIn(`Person ${randomBytes(6).toString('hex')}`));
  },
});

/** Connects an account of a provider from a signed-in page, by hand as a person does; ends on `/connections`. */
export async function connect(
  page: Page,
  provider: Exclude<DemoProviderId, 'demo'>,
  account = 'Ada Lovelace',
): Promise<void> {
  await page.goto('/connections');
  await page.getByRole('button', { name: `Connect ${titles[provider]}`, exact: true }).click();
  await page.getByRole('button', { name: `Continue as ${account}` }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(/\/connections/);
}

const titles = { google: 'Google', github: 'GitHub', salesforce: 'Salesforce', okta: 'Okta', auth0: 'Auth0' } as const;

async function signInWithDemo(page: Page, choose: () => Promise<void>): Promise<void> {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with Demo' }).click();
  await choose();
  await page.waitForURL(/\/connections/);
}

/** Collects what a browser complains about: uncaught errors and messages of level error. */
function watchForFaults(context: BrowserContext): string[] {
  const faults: string[] = [];
  context.on('weberror', (event) => faults.push(`uncaught: ${event.error().message}`));
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  return faults;
}

function unexpected(faults: string[], expected: RegExp[]): string[] {
  return faults.filter((fault) => !expected.some((pattern) => pattern.test(fault)));
}
