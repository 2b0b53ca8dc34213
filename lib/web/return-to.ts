import type { FlowIntent } from '#lib/authorization/flow';

/** Where people go when nothing better is known. */
export const defaultReturnTo = '/connections';

const base = 'http://hub.invalid';

/**
 * A path on this hub to return to, or `/connections` for anything else. Accepts only what begins with one slash and,
 * read as a browser reads it, stays on the same origin; the result is the browser's reading, not the text given.
 */
export function safeReturnTo(text: unknown): string {
  if (typeof text !== 'string' || text.length > 500 || !text.startsWith('/')) return defaultReturnTo;
  // Browsers take `\` for `/` and drop tabs and line breaks, before or after our eyes; nothing honest contains them.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be refused
  if (/[\\\u0000-\u0020\u007f-\u009f\u2028\u2029\ufeff]/.test(text)) return defaultReturnTo;
  const url = URL.parse(text, base);
  if (!url || url.origin !== base || url.username || url.password) return defaultReturnTo;
  // `/%2f%2fevil`, `/%252fevil` and `/..//evil` could become `//evil` in a later decoding or joining, `/%6fauth` an
  // address that is refused below; the hub's own paths never need an encoded ASCII character.
  if (url.pathname.startsWith('//') || /%[0-7]/.test(url.pathname)) return defaultReturnTo;
  // Coming back into a flow's own addresses would start or end another one.
  if (/^\/(?:oauth|api)(?:\/|$)/.test(url.pathname)) return defaultReturnTo;
  const path = url.pathname + url.search + url.hash;
  // A letter beyond ASCII becomes up to nine characters, which would then stand in addresses and headers.
  return path.length > 500 ? defaultReturnTo : path;
}

/** The sign-in page, from which people come on to `returnTo`: a path that was checked. */
export function signInPage(returnTo: string): string {
  return `/sign-in?${new URLSearchParams({ return_to: returnTo })}`;
}

/** The page that asks to sign in once more, from which people come on to `returnTo`: a path that was checked. */
export function stepUpPage(returnTo: string): string {
  return `/step-up?${new URLSearchParams({ return_to: returnTo })}`;
}

/** The page that a link to connect leads to. Of the link's query only what that page reads goes on, as far as it may be so. */
export function connectPage(search: URLSearchParams): string {
  const provider = search.get('provider') ?? '';
  const returnTo = search.get('return_to');
  const kept = new URLSearchParams();
  if (/^[a-z0-9_-]{1,40}$/.test(provider)) kept.set('provider', provider);
  if (returnTo !== null) kept.set('return_to', safeReturnTo(returnTo));
  return kept.size > 0 ? `/connect?${kept}` : '/connect';
}

/** The page that a flow was begun at, and that shows how it failed. */
export function pageOfFlow({ intent, returnTo }: { intent: FlowIntent; returnTo: string }): string {
  if (intent === 'sign_in') return signInPage(returnTo);
  return intent === 'step_up' ? stepUpPage(returnTo) : returnTo;
}

/** The text before the name of an account's part that was typed and refused, so that its field can show it again. */
export const typedPrefix = 'typed_';

/** The return path with what came of the flow, for the page to show. */
export function withFlowResult(returnTo: string, result: Record<string, string | null | undefined>): string {
  const url = new URL(returnTo, base);
  for (const name of [...url.searchParams.keys()]) {
    if (['flow', 'provider', 'connection', 'ref', 'provider_error'].includes(name) || name.startsWith(typedPrefix))
      url.searchParams.delete(name);
  }
  for (const [name, value] of Object.entries(result)) if (value) url.searchParams.set(name, value);
  return url.pathname + url.search + url.hash;
}
