import { z } from 'zod';

/** The only hosts that plain http is allowed for: a developer's own machine. */
const ownMachine: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
/** The hub adds these to the query when it leads people back. */
const ours = ['code', 'session', 'error'] as const;

const mostAddresses = 20;
const longest = 2_000;

/** The fault that both kinds of addresses share, or undefined. */
function faultOf(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.hostname.includes('*')) return 'must not hold a wildcard: addresses are compared as a whole';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && ownMachine.has(url.hostname))) return undefined;
  return 'must be https:, or http: on localhost, 127.0.0.1 or [::1]';
}

function faultOfReturnUrl(url: URL, text: string): string | undefined {
  const shared = faultOf(url);
  if (shared) return shared;
  if (text.includes('#')) return 'must not hold a fragment';
  const taken = ours.find((name) => url.searchParams.has(name));
  if (taken) return `must not hold ${taken} in its query: the hub adds it`;
  // Browsers and servers must read it alike, so that comparing it as text is enough.
  return url.href === text ? undefined : `must be written as ${url.href}`;
}

function faultOfOrigin(url: URL, text: string): string | undefined {
  return faultOf(url) ?? (url.origin === text ? undefined : `must be an origin alone, such as ${url.origin}`);
}

/** A list of addresses, each once, in the order given. */
const list = (fault: (url: URL, text: string) => string | undefined, example: string) =>
  z
    .array(z.string().trim().min(1, 'must not be empty').max(longest))
    .max(mostAddresses, `must be at most ${mostAddresses}`)
    .transform((texts) => [...new Set(texts)])
    .superRefine((texts, ctx) => {
      for (const [n, text] of texts.entries()) {
        const url = URL.parse(text);
        const found = url ? fault(url, text) : `must be an absolute address such as ${example}`;
        if (found) ctx.addIssue({ code: 'custom', path: [n], message: found });
      }
    });

/** Addresses that people may be led back to. A request names one of them exactly (RFC 9700 §2.1). */
export const returnUrlList = list(faultOfReturnUrl, 'https://app.example.com/connected').refine(
  (texts) => texts.length > 0,
  'must name at least one address',
);

/** Origins that may open the hub's page in a window (RFC 6454 §6.2). */
export const originList = list(faultOfOrigin, 'https://app.example.com');
