import { expect, type Page } from '@playwright/test';
import type { OwnApplication } from './own-application.ts';
import { someone } from './steps.ts';

/** Opens the application as one of its users. */
export async function openAs(own: OwnApplication, page: Page, user: string): Promise<void> {
  await page.context().addCookies([{ name: 'user', value: user, url: own.url }]);
  await page.goto(own.url);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`You are ${user}`);
}

/** At the provider's pages: another account by name, then Allow. */
export async function allowAccount(page: Page, account: string): Promise<void> {
  await page.getByLabel('Another account').fill(account);
  await page.getByRole('button', { name: 'Use this account' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
}

/** Connects an account through the application; answers the hub's pages on the way, which this browser may open again. */
export async function pagesThroughApplication(own: OwnApplication, page: Page): Promise<string[]> {
  await openAs(own, page, 'ada');
  await page.getByRole('button', { name: 'Connect an account' }).click();
  const connect = page.getByRole('button', { name: /^Connect / }).first();
  await expect(connect).toBeVisible();
  const here = () => page.url().slice(new URL(page.url()).origin.length);
  const asks = here();
  await connect.click();
  await allowAccount(page, someone('Account'));
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Connected ');
  await page.getByRole('button', { name: 'Manage accounts' }).click();
  const details = page.getByRole('link', { name: 'Details and disconnect' });
  await expect(details).toBeVisible();
  const list = here();
  await details.click();
  await page.waitForURL(/\/manage\/[^/]+\/con_/);
  return [asks, list, here()];
}
