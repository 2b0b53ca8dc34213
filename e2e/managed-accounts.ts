import { expect, type Page } from '@playwright/test';
import type { OwnApplication } from './own-application.ts';

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
