import { CookieJar } from '#demo/cookie-jar';

/** Consent without a browser: what a person does on the demo's pages, done by fetch. */
export interface HeadlessChoices {
  /** A name or e-mail address; Ada Lovelace (at the sign-in server, the user) without one. */
  account?: string;
  deny?: boolean;
  /** Scopes to untick where the page has checkboxes. */
  untick?: readonly string[];
  /** The browser's cookies; a new browser without one. */
  jar?: CookieJar;
}

/**
 * Follows an authorization request through account and consent to its end.
 * Answers the callback URL without calling it. Throws an Error where a page other than those comes.
 */
export async function authorizeHeadless(authorizationUrl: string | URL, choices: HeadlessChoices = {}): Promise<URL> {
  const jar = choices.jar ?? new CookieJar();
  const start = new URL(authorizationUrl);
  let url = start;
  let form: URLSearchParams | null = null;
  for (let hop = 0; hop < 12; hop += 1) {
    const response: Response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: jar.header(url), accept: 'text/html' },
    });
    jar.keep(response.headers.getSetCookie(), url);
    const location = response.headers.get('location');
    const page = await response.text();
    form = null;
    if (location) {
      url = new URL(location, url);
      if (url.origin !== start.origin) return url;
    } else if (response.status === 200) {
      form = fillIn(url, page, choices);
    } else {
      throw new Error(`The demo server answered ${response.status} at ${url.pathname}: ${textOf(page)}`);
    }
  }
  throw new Error('The demo server never came to an end.');
}

function fillIn(url: URL, page: string, { account, deny, untick = [] }: HeadlessChoices): URLSearchParams {
  if (!url.pathname.startsWith('/interaction/'))
    throw new Error(`An unexpected page at ${url.pathname}: ${textOf(page)}`);
  if (deny) return new URLSearchParams({ decision: 'deny' });
  if (!url.pathname.endsWith('/consent')) {
    const signIn = page.includes('Continue as user');
    return new URLSearchParams({ account: account ?? (signIn ? 'user@example.com' : 'Ada Lovelace') });
  }
  const form = new URLSearchParams({ decision: 'allow' });
  for (const [, scope = ''] of page.matchAll(/name="scope" value="([^"]*)"/g)) {
    if (!untick.includes(scope)) form.append('scope', scope);
  }
  return form;
}

function textOf(page: string): string {
  const body = page.slice(Math.max(0, page.indexOf('<main>')));
  return body
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}
