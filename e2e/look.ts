import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export const wide = { width: 1440, height: 900 };
export const narrow = { width: 360, height: 740 };

/** What axe calls serious or critical, in a line each. The product has no frames, so axe needs no page of its own. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // A page that has axe already is not given its 1.5 MB again.
  const axe = (await page.evaluate(() => 'axe' in window)) ? { axeSource: ';' } : {};
  const { violations } = await new AxeBuilder({ page, ...axe })
    .setLegacyMode(true)
    // Of what passes it describes one element a rule instead of all.
    .options({ resultTypes: ['violations'] })
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

/**
 * Tables that are wider than their frame, which would cut their last columns off, and pages that scroll sideways, at
 * widths from telephone to desk.
 */
export async function cutOff(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of [360, 640, 768, 1024, 1280, 1440, 1536]) {
    await page.setViewportSize({ width, height: 800 });
    const here = await page.evaluate(() => [
      ...(document.documentElement.scrollWidth > window.innerWidth ? ['the page'] : []),
      ...[...document.querySelectorAll('table')]
        // What a closed part of the page holds has no frame to be wider than.
        .filter((table) => table.checkVisibility({ visibilityProperty: true }))
        .filter((table) => table.scrollWidth > (table.parentElement?.clientWidth ?? 0))
        .map((table) => table.getAttribute('aria-label') ?? 'a table'),
    ]);
    found.push(...here.map((what) => `${what} at ${width}`));
  }
  return found;
}

/** A page wide and light, then narrow and dark: no serious fault, nothing to scroll sideways to. */
export async function look(page: Page, path: string): Promise<void> {
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  for (const [viewport, colorScheme] of [[wide, 'light'] as const, [narrow, 'dark'] as const]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect.soft(sideways, `${path} at ${viewport.width}`).toBeLessThanOrEqual(0);
    expect.soft(await seriousFaults(page), `${path} at ${viewport.width}, ${colorScheme}`).toEqual([]);
  }
}

/** Texts that stand out of the box that they belong to, at the widths of a telephone, a tablet and a desk. */
export async function spilled(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of [360, 768, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    const here = await page.evaluate(() => {
      const boxes = 'td, th, button, .btn, .card, [role=status], [role=alert], header, main, aside';
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const out = new Set<string>();
      const range = document.createRange();
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const parent = text.parentElement;
        if (!parent || !text.nodeValue?.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
        // A box may cut off on purpose, or scroll, or be for screen readers alone.
        let within: Element | null = parent;
        while (within && getComputedStyle(within).overflowX === 'visible') within = within.parentElement;
        if (within && within !== document.body && within !== document.documentElement) continue;
        const box = parent.closest(boxes)?.getBoundingClientRect();
        range.selectNodeContents(text);
        for (const { left, right, width } of range.getClientRects())
          if (width > 0 && box && (right > box.right + 1 || left < box.left - 1))
            out.add(`${parent.closest(boxes)?.tagName.toLowerCase()} ${text.nodeValue.trim().slice(0, 20)}`);
      }
      return [...out];
    });
    found.push(...here.map((what) => `${what} at ${width}`));
  }
  return found;
}

/** Short words that are broken in two at the widths of a telephone, a tablet and a desk. */
export async function brokenWords(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of [360, 768, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    const here = await page.evaluate(() => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const out = new Set<string>();
      const range = document.createRange();
      for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        const parent = text.parentElement;
        // Addresses, ids and code may break anywhere.
        if (
          !parent?.checkVisibility({ visibilityProperty: true }) ||
          parent.closest('code, pre, script, style, .sr-only')
        )
          continue;
        for (const { 0: word, index } of (text.nodeValue ?? '').matchAll(
          /(?<![^\s(“])[A-Za-zÀ-ž’]{2,18}(?![^\s.,:;)”])/g,
        )) {
          range.setStart(text, index);
          range.setEnd(text, index + word.length);
          if (new Set([...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => top)).size > 1)
            out.add(word);
        }
      }
      return [...out];
    });
    found.push(...here.map((what) => `${what} at ${width}`));
  }
  return found;
}
