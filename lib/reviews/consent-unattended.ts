import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import type { ProviderRecord } from '#lib/providers/record';

/** Answers of one consent, redirects and pages together: a server that sends the browser round and round ends here. */
const mostAnswers = 15;

/** The cookies of one browser at one host, which ends with its flow. */
function createJar() {
  const cookies = new Map<string, string>();
  return {
    keep(lines: readonly string[]): void {
      for (const line of lines) {
        const [pair = ''] = line.split(';');
        const split = pair.indexOf('=');
        const [name, value] = [pair.slice(0, split).trim(), pair.slice(split + 1).trim()];
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
    },
    header: () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
  };
}

function asForm(fields: ProviderRecord['drill_consent'][number]): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return new URLSearchParams(pairs).toString();
}

/**
 * Goes the way of a browser from the authorization request to the callback, which it does not call. To each page it sends
 * the next form of `drill_consent`, at the page's own address. It never leaves the origin of the request.
 * @param redirectUri the callback that ends the way
 * @returns the address of the callback, with code and state
 * @throws AppError `conflict` where the server leads elsewhere, refuses a form, or asks for more than the record has
 */
export async function consentUnattended(
  ctx: Context,
  provider: ProviderRecord,
  { location, redirectUri }: { location: URL; redirectUri: string },
): Promise<URL> {
  const jar = createJar();
  const end = new URL(redirectUri);
  const forms = provider.drill_consent.map(asForm);
  const stopped = (event: string, at: URL, status: number) => {
    ctx.log.warn({ event: 'drill_consent_stopped', provider: provider.id, why: event, page: at.pathname, status });
    return new AppError('conflict', {
      message: `The server of ${provider.name} gave no grant for the forms of drill_consent. The log has the page.`,
    });
  };
  let url = location;
  let body: string | undefined;
  for (let answers = 0; answers < mostAnswers; answers++) {
    const headers = new Headers({ accept: 'text/html', cookie: jar.header() });
    if (body !== undefined) headers.set('content-type', 'application/x-www-form-urlencoded');
    const method = body === undefined ? 'GET' : 'POST';
    const response = await ctx.fetch(url, {
      ...{ method, headers, body: body ?? null, showRedirect: true },
      operatorHosts: provider.operator_hosts,
    });
    jar.keep(response.headers.getSetCookie());
    const next = response.headers.get('location');
    if (next !== null && response.status >= 300 && response.status < 400) {
      const to = URL.parse(next, url);
      if (to?.origin === end.origin && to.pathname === end.pathname) return to;
      if (to?.origin !== location.origin) throw stopped('another_origin', url, response.status);
      [url, body] = [to, undefined];
      continue;
    }
    if (response.status !== 200) throw stopped('refused', url, response.status);
    body = forms.shift();
    if (body === undefined) throw stopped('more_pages', url, response.status);
  }
  throw stopped('no_end', url, 0);
}
