import { z } from 'zod';

/** The only hosts that plain http is allowed for: a developer's own machine. */
const ownMachine: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
/** The hub adds these to the query when it leads people back. */
const ours = ['code', 'session', 'error'] as const;

const mostAddresses = 20;
const longest = 2_000;

/** The fault of an address, or undefined. */
function faultOf(url: URL, text: string): string | undefined {
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.hostname.includes('*')) return 'must not hold a wildcard: addresses are compared as a whole';
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && ownMachine.has(url.hostname));
  if (!isSafe) return 'must be https:, or http: on localhost, 127.0.0.1 or [::1]';
  if (text.includes('#')) return 'must not hold a fragment';
  const taken = ours.find((name) => url.searchParams.has(name));
  if (taken) return `must not hold ${taken} in its query: the hub adds it`;
  // Browsers and servers must read it alike, so that comparing it as text is enough.
  return url.href === text ? undefined : `must be written as ${url.href}`;
}

/** Addresses that people may be led back to, each once, in the order given. A request names one of them exactly (RFC 9700 §2.1). */
export const returnUrlList = z
  .array(z.string().trim().min(1, 'must not be empty').max(longest))
  .max(mostAddresses, `must be at most ${mostAddresses}`)
  .transform((texts) => [...new Set(texts)])
  .superRefine((texts, ctx) => {
    for (const [n, text] of texts.entries()) {
      const url = URL.parse(text);
      const found = url ? faultOf(url, text) : 'must be an absolute address such as https://app.example.com/connected';
      if (found) ctx.addIssue({ code: 'custom', path: [n], message: found });
    }
  })
  .refine((texts) => texts.length > 0, 'must name at least one address');
