import type { Page } from '@playwright/test';
import { narrow, wide } from './look.ts';
import { expect, test } from './week-hub.ts';

/** Kilobytes a second and milliseconds of a poor mobile connection. */
const slow = { offline: false, latency: 150, downloadThroughput: 150 * 1024, uploadThroughput: 75 * 1024 };
/** The sum of the shifts of a page that nobody touched (web.dev/articles/cls). */
const mostShift = 0.02;
/** Tabs of each size: a page waits for its connection for most of its time. */
const tabs = 3;

declare global {
  interface Window {
    shifted: number;
  }
}

test('S-15 on a slow connection nothing moves on any page once it is painted', async ({ pages }) => {
  test.setTimeout(300_000);
  expect(pages.length).toBeGreaterThan(45);
  const moved: Record<string, number> = {};
  const walks = [narrow, wide].flatMap((size) => {
    const left = [...pages];
    return Array.from({ length: tabs }, () => walkSlowly(size, left, moved));
  });
  await Promise.all(walks);
  expect(moved).toEqual({});
});

/** Opens page after page of those that are left, each as at the first visit; notes the ones beyond the limit. */
async function walkSlowly(size: typeof wide, left: { by: Page; path: string }[], moved: Record<string, number>) {
  for (let next = left.shift(); next; next = left.shift()) {
    const page = await next.by.context().newPage();
    await slowDown(page, size);
    const shiftOf = async (path: string) => {
      await page.goto(path, { waitUntil: 'networkidle' });
      await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
      return page.evaluate(() => window.shifted);
    };
    const first = await shiftOf(next.path);
    // The overview asks again by itself: news that came just then may move it at one visit. A layout moves it at each.
    const shifted = first > mostShift ? Math.min(first, await shiftOf(next.path)) : first;
    if (shifted > mostShift) moved[`${next.path} at ${size.width}`] = shifted;
    await page.close();
  }
}

async function slowDown(page: Page, size: typeof wide): Promise<void> {
  await page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.setCacheDisabled', { cacheDisabled: true });
  await client.send('Network.emulateNetworkConditions', slow);
  await page.setViewportSize(size);
}
