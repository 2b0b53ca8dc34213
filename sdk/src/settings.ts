/** What `createClient` takes. */
export interface ClientOptions {
  /** The hub's address, such as `https://connect.example.com`. Plain http is for loopback only. */
  url: string | URL;
  /** An API key of the hub, `gk_…`. */
  apiKey: string;
  /** Seconds for which one call may wait, as the hub says by `Retry-After`; 15 unless told, and 0 never waits. */
  maxWaitSeconds?: number;
  /**
   * Seconds for which a token is used without asking the hub again; 300 unless told, and 0 asks each time. A freeze and a
   * revocation take effect here after that long, or at once by `forget`.
   */
  cacheSeconds?: number;
  /** The tokens that are kept at most; 1,000 unless told. */
  cacheSize?: number;
  /** Seconds for which one request to the hub may take; 30 unless told. */
  timeoutSeconds?: number;
  /** Another function for requests to the hub than Node's own. */
  fetch?: typeof fetch;
}

export interface Settings {
  origin: string;
  apiKey: string;
  maxWaitMs: number;
  cacheMs: number;
  cacheSize: number;
  timeoutMs: number;
  fetch: typeof fetch;
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** True for an address to which a secret may be sent. */
export function isProtected({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname));
}

function notNegative(value: number, name: string): number {
  if (!Number.isFinite(value) || value < 0) throw new TypeError(`${name} must be a number of 0 or more.`);
  return value;
}

/** @throws TypeError for options that cannot be right; it never repeats the key */
export function parseSettings(options: ClientOptions): Settings {
  const url = new URL(options.url);
  if (!isProtected(url)) throw new TypeError('url must begin with https:, since the API key is sent there.');
  if (url.username || url.password || url.pathname !== '/' || url.search || url.hash)
    throw new TypeError('url must be the address of the hub alone, such as https://connect.example.com.');
  if (!/^gk_[\w-]+$/.test(options.apiKey)) throw new TypeError('apiKey must be an API key of the hub, gk_….');
  return {
    origin: url.origin,
    apiKey: options.apiKey,
    maxWaitMs: notNegative(options.maxWaitSeconds ?? 15, 'maxWaitSeconds') * 1000,
    cacheMs: notNegative(options.cacheSeconds ?? 300, 'cacheSeconds') * 1000,
    cacheSize: notNegative(options.cacheSize ?? 1000, 'cacheSize'),
    timeoutMs: notNegative(options.timeoutSeconds ?? 30, 'timeoutSeconds') * 1000,
    fetch: options.fetch ?? fetch,
  };
}
