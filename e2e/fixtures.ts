import { type BrowserContext, expect, type Page } from '@playwright/test';
import type { Demo } from '#demo/start';
import { demoProviderIds } from '#demo/switches';
import { test as base } from '../sdk/src/playwright/index.ts';
import { type RunningApp, runApp } from './app-process.ts';
import { hubOf, signInAs, someone } from './steps.ts';
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
  /** Messages of the browser's console that this story is about; every other error fails it. */
  expectedConsole: RegExp[];
  /** A page signed in as the administrator. */
  asAdmin: Page;
  /** A page signed in as a person whom no other story knows. */
  asUser: Page;
  /** Opens a page in a browser of its own, signed in as a person by name (another name, another person). */
  signedIn(name: string): Promise<Page>;
  /** Opens a page in a browser of its own, signed out. */
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

  hub: [
    async ({ app }, use) => {
      await use(hubOf(app));
    },
    { scope: 'worker' },
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

  signedIn: async ({ newPage, app, demo: _ }, use) => {
    await use(async (name) => {
      const page = await newPage();
      // The pages of signing in have stories of their own.
      await signInAs(page, app, name);
      await page.goto('/connections');
      return page;
    });
  },

  asAdmin: async ({ signedIn }, use) => {
    await use(await signedIn('admin@example.com'));
  },

  asUser: async ({ signedIn }, use) => {
    await use(await signedIn(someone()));
  },
});

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
