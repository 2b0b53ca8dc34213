/** Integrity by the path of a script: `/_next/static/chunks/a.js` → `sha256-…`. */
export type ScriptIntegrity = ReadonlyMap<string, string>;

/** The element that tells the browser the integrity of scripts which Next adds later (instrumentation-client.ts). */
const metaOf = (integrity: ScriptIntegrity): string =>
  `<meta name="script-integrity" content="${[...integrity].map((pair) => pair.join('=')).join(' ')}">`;

/** A longer beginning of a tag is none of Next's. */
const longestTag = 4096;

/**
 * Writes `integrity` and `crossorigin` on each script of the build in the markup of a page, and on its preloads, which
 * must agree (W3C Subresource Integrity §3.6). Next does it for some scripts only. Text comes in pieces that may end anywhere.
 */
export function createTagWriter(integrity: ScriptIntegrity): { write(text: string): string; end(): string } {
  let held = '';
  const meta = metaOf(integrity);
  const tag = /<head>|<(?:script|link)\b[^>]*>/g;

  const rewritten = (text: string): string => {
    if (text === '<head>') return `<head>${meta}`;
    if (text.startsWith('<link') && !(/\srel="preload"/.test(text) && /\sas="script"/.test(text))) return text;
    const path = /\s(?:src|href)="(\/_next\/static\/[^"?]+)(?:\?[^"]*)?"/.exec(text)?.[1];
    const hash = path && integrity.get(path);
    if (!hash || /\sintegrity=/.test(text)) return text;
    return text.replace(/^<\w+/, (name) => `${name} integrity="${hash}" crossorigin="anonymous"`);
  };

  return {
    write(text) {
      const whole = held + text;
      const open = whole.lastIndexOf('<');
      const cut = open > whole.lastIndexOf('>') && whole.length - open < longestTag ? open : whole.length;
      held = whole.slice(cut);
      return whole.slice(0, cut).replace(tag, rewritten);
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}
