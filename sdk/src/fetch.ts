import type { ConnectionRef, GrantkeepClient, Use } from './client.ts';
import { isProtected } from './settings.ts';

export interface FetchOptions extends Use {
  /** The provider's API, such as `https://api.github.com`. The token is sent to its origin only. */
  baseUrl: string | URL;
  /** Another function than Node's own. */
  fetch?: typeof fetch;
}

/** `fetch` for one connection at one provider: an address of its API, or a path below `baseUrl`, with or without a slash. */
export type ProviderFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A body that can be read once. */
const isStream = (body: unknown): boolean => typeof body === 'object' && body !== null && Symbol.asyncIterator in body;

/**
 * A `fetch` that shows a live token, and once another where the provider refuses it.
 * @throws TypeError for a `baseUrl` that is not protected by TLS
 */
export function grantkeepFetch(
  client: GrantkeepClient,
  connection: ConnectionRef,
  { baseUrl, fetch: send = fetch, ...use }: FetchOptions,
): ProviderFetch {
  const base = new URL(baseUrl);
  if (!isProtected(base)) throw new TypeError('baseUrl must begin with https:, since tokens are sent there.');
  if (!base.pathname.endsWith('/')) base.pathname += '/';

  return async (url, init = {}) => {
    // As clients of APIs read it: `/user` is below `https://ghe.example.com/api/v3` too.
    const address = new URL(typeof url === 'string' && url.startsWith('/') ? `.${url}` : url, base);
    // An address out of an answer, such as a link to the next page, must not take the token elsewhere.
    if (address.origin !== base.origin) throw new TypeError('The address is not of the provider’s API.');
    let refused: Response | undefined;
    return client.withToken(
      connection,
      async (token) => {
        if (refused) return refused;
        const headers = new Headers(init.headers);
        headers.set('authorization', token.authorization);
        const answer = await send(address, { ...init, headers });
        // A stream went with the first request: that answer stands.
        if (answer.status === 401 && isStream(init.body)) refused = answer;
        return answer;
      },
      use,
    );
  };
}
