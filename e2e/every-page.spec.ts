import type { Page } from '@playwright/test';
import { narrow, wide } from './look.ts';
import { expect, test } from './week-hub.ts';

/** Kilobytes a second and milliseconds of a poor mobile connection. */
const slow = { offline: false, latency: 150, downloadThroughput: 150 * 1024, uploadThroughput: 75 * 1024 };
/** The sum of the layout shifts of an untouched page (web.dev/articles/cls). */
const mostShift = 0.02;
/** Tabs of each size: a page waits for its connection for most of its time. */
const tabs = 3;

declare global {
  interface Window {
    shifted: number;
  }
}

test('S-15 on a slow connection nothing moves on any page once it is painted', async ({ pages }) => {
  expect(pages.length).toBeGreaterThan(45);
  const moved: Record<string, number> = {};
  const walks = [narrow, wide].flatMap((size) => {
    const left = [...pages];
    return Array.from({ length: tabs }, () => walkSlowly(size, left, moved));
  });
  await Promise.all(walks);
  expect(moved).toEqual({});
});

/** Opens the pages that are left, each as at the first visit, and notes the pages beyond the limit. */
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

/** A zone of 45 minutes past the hour: no time of another zone looks like one of it. */
const zone = { id: 'Australia/Eucla', name: 'GMT+8:45' };

test.describe('in another zone', () => {
  test.use({ timezoneId: zone.id });

  test('S-01, S-02 each clock time is of the reader’s zone, which its page names; S-16 titles name what they are about', async ({
    pages,
  }) => {
    for (const page of new Set(pages.map(({ by }) => by))) {
      await page.goto('/device');
      await expect
        .poll(async () => (await page.context().cookies()).map(({ value }) => decodeURIComponent(value)))
        .toContain(zone.id);
    }
    const faults: string[] = [];
    const titles = new Map<string, string>();
    const underDays: string[] = [];
    for (const { by, path } of pages) {
      await by.goto(path);
      // React shows the parts that came later a moment after the page is whole.
      await by.waitForFunction(() => !document.querySelector('template[id^="B:"], [hidden][id^="S:"]'));
      const { heading, title, wrong, days } = await by.evaluate(readTimes, zone);
      faults.push(...wrong.map((what) => `${path}: ${what}`));
      if (days) underDays.push(path.replace(/\b[a-z]{3}_\w+/g, '*').replace(/\d+$/, '*'));
      // The page of something has a title that another of its kind has not.
      const [, id = ''] = /^\/(?:admin\/.*|connections)\/([a-z]{3}_\w+|\d+|failed_exchanges|google)$/.exec(path) ?? [];
      if (id && !title.includes(heading.slice(0, 20)) && !title.includes(id))
        faults.push(`${path}: “${title}” does not name “${heading}”`);
      // The first page leads on to another. The pages of sessions that are over share one title.
      if (path !== '/' && !path.startsWith('/connect-session')) titles.set(path, title);
    }
    expect(faults).toEqual([]);
    expect(underDays.toSorted()).toEqual(
      [
        ...['/activity', '/admin/alerts', '/admin/alerts/*', '/admin/alerts/webhooks/*', '/admin/alerts/webhooks/*/*'],
        ...['/admin/connections/*', '/admin/ledger', '/admin/ledger/seals', '/admin/revocations', '/connections/*'],
        '/connect-session/manage/*/*',
      ].toSorted(),
    );
    // Pages of the hub and of a person's own have titles of their own, though they may have one name.
    const twice = [...titles].filter(([path, title]) =>
      [...titles].some(([other, its]) => other !== path && its === title),
    );
    expect(twice).toEqual([]);
  });
});

/** Times of the page that are not in the zone, or in none that it names; whether days stand above them. Runs in the page. */
function readTimes({ id, name }: typeof zone) {
  const wrong: string[] = [];
  const main = document.querySelector('main') ?? document.body;
  const named = main.textContent.includes(`Times in ${id}.`);
  const clock = /\b\d\d:\d\d(?::\d\d)?\b/;
  for (const time of main.querySelectorAll('time')) {
    const text = time.firstChild?.nodeValue?.trim() ?? '';
    const whole = time.textContent ?? '';
    const found = clock.exec(text)?.[0];
    const at = new Date(time.dateTime);
    const expected = at.toLocaleTimeString('en-GB', {
      timeZone: id,
      timeStyle: found?.length === 8 ? 'medium' : 'short',
    });
    if (found && found !== expected) wrong.push(`${text} is not ${expected}`);
    if (found && !text.includes(name) && !named && time.checkVisibility())
      wrong.push(`${text} is of no zone that the page names`);
    if (/ (?:UTC|GMT\S*)/.test(whole) && !whole.includes(name)) wrong.push(`${whole} is of another zone`);
  }
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode())
    if (clock.test(text.nodeValue ?? '') && !text.parentElement?.closest('time, code, pre, script, title, option'))
      wrong.push(`“${text.nodeValue?.trim().slice(0, 60)}” is no time element`);
  return {
    heading: document.querySelector('h1')?.textContent ?? '',
    title: document.title,
    wrong,
    days: [...main.querySelectorAll('th[scope=rowgroup], h2, h3')].some((one) =>
      /^Today\b/.test(one.textContent ?? ''),
    ),
  };
}
