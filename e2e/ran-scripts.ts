import { hash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { type InlineScript, inlineScriptOf } from '#lib/page-scripts/inline-scripts';
import type { ScriptInventory } from '#lib/page-scripts/inventory';

/** A script that the browser's engine compiled: a file with its path, or text in the markup of a page. */
export interface RanScript {
  path: string;
  inline: boolean;
  text: string;
}

interface Parsed {
  scriptId: string;
  url: string;
  startLine: number;
  startColumn: number;
  executionContextAuxData?: { isDefault?: boolean };
}

/** Takes down every script that runs in a page from now on, as the engine reports it (Chrome DevTools Protocol, Debugger). */
export async function watchScripts(page: Page): Promise<() => Promise<RanScript[]>> {
  const engine = await page.context().newCDPSession(page);
  const found: Promise<RanScript | null>[] = [];
  engine.on('Debugger.scriptParsed', (parsed: Parsed) => {
    // Scripts without an address, and those of a world apart, are of this test itself.
    if (parsed.url === '' || parsed.executionContextAuxData?.isDefault === false) return;
    const { pathname } = new URL(parsed.url);
    const inline = !pathname.endsWith('.js');
    found.push(
      engine
        .send('Debugger.getScriptSource', { scriptId: parsed.scriptId })
        .then(({ scriptSource }) => ({ path: pathname, inline, text: scriptSource }))
        // The page that it belonged to is gone before its text was read: it counts without one.
        .catch(() => (inline ? null : { path: pathname, inline, text: '' })),
    );
  });
  await engine.send('Debugger.enable');
  return async () => (await Promise.all(found)).filter((one) => one !== null);
}

/** Each script that ran and is not in the inventory, or had another content than the build gave it. */
export function strangers(
  inventory: ScriptInventory & { inline: InlineScript[] },
  ran: readonly RanScript[],
): string[] {
  const files = new Map(inventory.scripts.map((script) => [script.path, script.integrity]));
  return ran.flatMap(({ path, inline, text }) => {
    if (inline) return inlineScriptOf(text) ? [] : [`inline at ${path}: ${text.slice(0, 80)}`];
    if (!files.has(path)) return [`unknown: ${path}`];
    const same = text === '' || files.get(path) === `sha256-${hash('sha256', text, 'base64')}`;
    return same ? [] : [`changed: ${path}`];
  });
}
