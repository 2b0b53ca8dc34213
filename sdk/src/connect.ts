import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ApplicationUser, Connection } from './api.ts';
import type { GrantkeepClient } from './client.ts';
import { ConnectCookie, randomText } from './connect-cookie.ts';
import { GrantkeepError } from './errors.ts';
import { isProtected } from './settings.ts';

export interface ConnectOptions {
  /** A client with an API key of the application, with the scope `connections:create`. */
  client: GrantkeepClient;
  /** One of the application's return addresses, letter by letter. The browser comes back there. */
  returnUrl: string | URL;
  /** Random text of 32 characters or more, which seals the cookie; several while you change over, the new one first. */
  secret: string | readonly string[];
}

/** What to connect. Without a provider the person chooses one. */
export interface StartOptions {
  /** The user who is signed in to the application in this very request. */
  user: ApplicationUser;
  provider?: string;
  providers?: string[];
  /** The connection to reconnect, or to give more scopes. */
  connection?: string;
  /**
   * All scopes to ask for, of one provider; with `connection`, also the scopes that it has. Without this, the hub asks for
   * every scope of the application.
   */
  scopes?: string[];
}

export interface FinishOptions {
  /** The user who is signed in to the application in this very request. */
  user: Pick<ApplicationUser, 'id' | 'tenant'>;
}

/** A request of the web, or one of Node, as Express has it. */
export interface AnyRequest {
  url?: string | undefined;
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>;
}

function headerOf({ headers }: AnyRequest, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name);
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

/**
 * True where a page of another origin began this request: it must not begin a connection in a user's name. Browsers say so,
 * in either header.
 */
function isForeign(request: AnyRequest, own: string): boolean {
  const site = headerOf(request, 'sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  const origin = headerOf(request, 'origin');
  return origin !== null && origin !== own;
}

/** Of one length for every user: a browser drops a cookie of more than 4 kB, and the verifiers with it. */
const userKey = ({ id, tenant }: FinishOptions['user']): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant ?? null, id]))
    .digest('base64url');

const notBegun = () =>
  new GrantkeepError('connect_not_begun', 'This was not begun by this user in this browser, or too long ago.');

/** Starts and finishes connections of the application's users, each in the browser that began it. */
export function createConnect({ client, returnUrl, secret }: ConnectOptions) {
  const url = new URL(returnUrl);
  if (!isProtected(url)) throw new TypeError('returnUrl must begin with https:.');
  const cookie = new ConnectCookie(typeof secret === 'string' ? [secret] : secret, url.protocol === 'https:');

  /**
   * Begins a connection, and answers the redirect to the hub's page. Send it as it is: its cookie holds the verifier,
   * without which the hub refuses the connection.
   * @throws GrantkeepError `wrong_origin` where another site's page asks, or as the hub refuses the session
   */
  async function startConnect(request: AnyRequest, options: StartOptions): Promise<Response> {
    return start(request, options);
  }

  /**
   * Begins the page of the hub that shows the user their connections, to reconnect and disconnect them. The key needs
   * `connections:read` and `connections:revoke` too. The browser comes back to the return address: finish with `finishManage`.
   * @throws GrantkeepError as `startConnect`
   */
  async function startManage(request: AnyRequest, { user }: Pick<StartOptions, 'user'>): Promise<Response> {
    return start(request, { user, manage: true });
  }

  async function start(
    request: AnyRequest,
    { user, ...asked }: StartOptions & { manage?: boolean },
  ): Promise<Response> {
    if (isForeign(request, url.origin))
      throw new GrantkeepError('wrong_origin', 'A page of another site asked for this. Let the user begin it here.');
    const verifier = randomText();
    const body = {
      ...asked,
      user,
      return_url: String(returnUrl),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    };
    const session = await client.call('createConnectSession', { body });
    const before = await cookie.read(headerOf(request, 'cookie'));
    const setCookie = await cookie.add(before, { session: session.id, verifier, user: userKey(user) });
    const headers = { location: session.url, 'set-cookie': setCookie, 'cache-control': 'no-store' };
    return new Response(null, { status: 303, headers });
  }

  /**
   * Finishes a connection with the request in which the browser came back.
   * @throws GrantkeepError `connect_not_begun` where this user did not begin it in this browser: the grant is revoked then.
   *   The code that the hub sent along, such as `access_denied`. Every refusal of the hub
   */
  async function finishConnect(request: AnyRequest, options: FinishOptions): Promise<Connection> {
    const connection = await finishManage(request, options);
    if (connection === null) throw notBegun();
    return connection;
  }

  /**
   * Finishes what `startConnect` or `startManage` began, with the request in which the browser came back: the connection that
   * was made or reconnected, or null where the user only looked, or disconnected.
   * @throws GrantkeepError as `finishConnect`
   */
  async function finishManage(request: AnyRequest, { user }: FinishOptions): Promise<Connection | null> {
    const { searchParams } = new URL(request.url ?? '/', url.origin);
    const [id, code, error] = ['session', 'code', 'error'].map((name) => searchParams.get(name) ?? '');
    const begun = (await cookie.read(headerOf(request, 'cookie'))).find(({ session }) => session === id);
    const own = begun !== undefined && begun.user === userKey(user);
    if (!id || !/^cns_\w+$/.test(id)) throw notBegun();
    const path = { id };
    if (own && code)
      return client.call('completeConnectSession', { path, body: { code, code_verifier: begun.verifier } });
    // The sign of a link that was handed on. A verifier that cannot be right ends the session and its grant at once, and
    // the hub's ledger says why.
    if (code)
      await client
        .call('completeConnectSession', { path, body: { code, code_verifier: randomText() } })
        .catch(() => undefined);
    if (own && error && /^[a-z_]{1,64}$/.test(error)) throw new GrantkeepError(error, 'Nothing was connected.');
    if (own && !code && !error) return null;
    throw notBegun();
  }

  return { startConnect, finishConnect, startManage, finishManage };
}

/** Sends the answer of `startConnect` on Node's own response, as Express has it. */
export function sendRedirect(response: ServerResponse, answer: Response): void {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end();
}
