import type { IncomingMessage, RequestListener } from 'node:http';
import { readText } from '#demo/form';
import { createFront, page } from '#demo/odd/front';
import { Grants } from '#demo/odd/grants';
import { createIdTokens, oddKeys, signWith } from '#demo/odd/id-token';
import { fillParts, type Layout, routeOf, standardLayout } from '#demo/odd/layout';
import type { Answer, Asked, Exchange, Oddity, OddParts } from '#demo/odd/oddity';
import { send } from '#demo/odd/send';
import { answerStandard, type Said, type Standard } from '#demo/odd/standard';
import { closeServer, guardHost, listen } from '#demo/server';

export interface Odd extends OddParts {
  /** The oddities that are on; a test or the page may change them at any moment. */
  readonly on: Set<Oddity>;
  /** Every request at an endpoint, in order, as it came. */
  readonly seen: Pick<Asked, 'place' | 'method' | 'headers' | 'body'>[];
  close: () => Promise<void>;
}

export interface OddOptions {
  /** 0 takes a free one. */
  port?: number;
  /** Where the app runs. */
  appUrls: readonly string[];
  /** The provider's id in the app, of which the redirect URI is made. */
  id?: string;
  on?: Iterable<Oddity>;
  /** Where the endpoints are, if not where the standard server has them. */
  layout?: (origin: string) => Layout;
  /** Requests for other paths, the page of switches among them. */
  otherwise?: (request: IncomingMessage, url: URL, odd: Odd) => Promise<Answer | null>;
}

/** An id and a secret with characters that servers read differently in HTTP Basic. */
const client = { clientId: 'odd-hub.1', clientSecret: 'not-a-real_secret.~1/+%3D!' };

/** Starts a server on loopback that keeps to the standards, but for the oddities that are on. */
export async function startOdd(options: OddOptions): Promise<Odd> {
  const keys = await oddKeys();
  const listener: { current: RequestListener } = { current: (_request, response) => response.writeHead(503).end() };
  const http = await listen(options.port ?? 0, (request, response) => listener.current(request, response));
  const address = http.address();
  const origin = `http://localhost:${typeof address === 'object' ? address?.port : ''}`;
  const layout = (options.layout ?? standardLayout)(origin);
  const grants = new Grants();
  const on = new Set(options.on);
  const parts: OddParts = {
    ...client,
    origin,
    redirectUri: new URL(`/oauth/callback/${options.id ?? 'odd'}`, options.appUrls[0]).href,
    clientKey: keys.client.pem,
    sign: (claims) => signWith(keys, claims),
    grants,
    at: (url) => pointed(url, origin),
    issuer: (values = {}) => fillParts(layout.issuer, values),
  };
  const odd: Odd = { ...parts, on, seen: [], close: () => closeServer(http) };
  const idToken = await createIdTokens(keys, (claims, grant) => {
    for (const oddity of on) oddity.claimed?.(claims, grant, parts);
  });
  const standard: Standard = { parts, grants, layout, idToken, requests: new Map() };
  const redirectUris = options.appUrls.flatMap((appUrl) =>
    ['/oauth/callback', `/oauth/callback/${options.id ?? 'odd'}`].map((path) => new URL(path, appUrl).href),
  );
  const front = createFront(standard, redirectUris, {
    redirect: (parameters, grant) => {
      for (const oddity of on) oddity.redirected?.(parameters, grant, parts);
    },
    agreed: (asked) => [...on].reduce((scopes, { agreed }) => agreed?.(scopes) ?? scopes, asked),
  });

  async function atEndpoint(asked: Asked): Promise<Answer> {
    odd.seen.push({ place: asked.place, method: asked.method, headers: asked.headers, body: asked.body });
    for (const oddity of on) await oddity.asked?.(asked, parts);
    const said: Said =
      asked.place === 'authorization' ? { answer: front.authorize(asked) } : await answerStandard(asked, standard);
    const { answer, grantType = null, issued = null, grant = null } = said;
    const exchange: Exchange = { asked, answer, grantType, issued, grant, server: parts };
    for (const oddity of on) await oddity.answered?.(exchange);
    return answer;
  }

  async function respond(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', origin);
    if (url.pathname.startsWith('/interaction/')) {
      return front.interact(url, request.method === 'POST' ? new URLSearchParams(await readText(request)) : null);
    }
    const other = await options.otherwise?.(request, url, odd);
    if (other) return other;
    const route = routeOf(layout, url);
    if (!route) return page(404, 'Not found');
    const body = await readText(request);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
    const parameters =
      route.place === 'authorization' || request.method === 'GET'
        ? url.searchParams
        : new URLSearchParams(isForm ? body : undefined);
    return atEndpoint({ ...route, method: request.method ?? '', path: url.pathname, headers, parameters, body });
  }

  listener.current = guardHost(origin, (request, response) => {
    respond(request).then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, page(500, String(error))),
    );
  });
  return odd;
}

/** The address at a server on loopback that stands for one at the provider: its host becomes the first part of the path. */
export function pointed(url: string, origin: string): string {
  const [, host = '', rest = ''] = /^https:\/\/([^/?#]+)(.*)$/.exec(url) ?? [];
  return host === '' ? url : `${origin}/~${host}${rest}`;
}
