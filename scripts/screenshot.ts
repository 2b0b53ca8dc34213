// Takes the README's picture from the running demo: node scripts/screenshot.ts [address]
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { getBrowser } from './find-browser.ts';

const address = process.argv[2] ?? 'http://localhost:3000';
const file = fileURLToPath(new URL('../docs/images/connections.png', import.meta.url));
/** What the picture shows connected; the others show how connecting begins. */
const accounts = [
  ['Google', 'Ada Lovelace'],
  ['GitHub', 'Ada Lovelace'],
  ['Salesforce', 'Grace Hopper'],
] as const;

const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath: await getBrowser(), args: sandbox });
try {
  const page = await browser.newPage({
    viewport: { width: 1200, height: 900 },
    colorScheme: 'light',
    baseURL: address,
  });
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with Demo' }).click();
  // A new person, so that the page shows nothing of earlier runs.
  await page.getByLabel('Another user').fill(`Visitor ${Date.now()}`);
  await page.getByRole('button', { name: 'Use this name' }).click();
  await page.waitForURL(/\/connections/);
  for (const [provider, account] of accounts) {
    const connect = page.getByRole('button', { name: `Connect ${provider}`, exact: true });
    if ((await connect.count()) === 0) continue;
    await connect.click();
    await page.getByRole('button', { name: `Continue as ${account}` }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(/\/connections/);
  }
  await page.goto('/connections');
  await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor();
  await page.screenshot({ path: file, fullPage: true });
  console.log(file);
} finally {
  await browser.close();
}
