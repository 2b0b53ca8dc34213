import { defineConfig, devices } from '@playwright/test';
import type { StackFixtures } from './e2e/fixtures.ts';
import { findBrowser } from './scripts/find-browser.ts';

const executablePath = findBrowser();

export default defineConfig<object, Pick<StackFixtures, 'engine'>>({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Each worker has an app, a database and demo servers of its own, so stories cannot disturb each other.
  fullyParallel: false,
  // Two processors: a story waits for about a third of its time.
  workers: 3,
  retries: 0,
  forbidOnly: Boolean(process.env.TEST_SUMMARY_FILE),
  // Only a story that hangs comes to these: the slowest takes about two minutes on a quiet machine, and may take thrice that.
  timeout: 400_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['./tests/playwright-summary.ts']],
  use: {
    ...devices['Desktop Chrome'],
    channel: undefined,
    locale: 'en-GB',
    timezoneId: 'UTC',
    // `--trace on` records one; always recording makes every story slower.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(executablePath && { executablePath }),
      args: ['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
  projects: [
    // Each starts several processes, servers and load of its own: one such story at a time. They come first, since they
    // wait a lot: at the end the other worker would be idle.
    { name: 'beyond', use: { engine: 'pglite' }, testMatch: '**/beyond/*.spec.ts', workers: 1 },
    // The stories that touch the database in ways of their own run once more on a server.
    { name: 'postgres', use: { engine: 'postgres' }, grep: /@postgres/ },
    { name: 'pglite', use: { engine: 'pglite' }, testIgnore: '**/beyond/**' },
  ],
});
