import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { onTestFinished } from 'vitest';
import { listenOnLoopback } from '#tests/servers/loopback';

export interface SeenRequest {
  method: string;
  path: string;
  /** The query with its question mark; empty where there is none. */
  search: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The body read as a form. */
  form: URLSearchParams;
}

/** How to answer; `hang` never does, `raw` takes the socket's response into its own hands. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; json: unknown }
  | { status?: number; headers?: Record<string, string>; form: Record<string, string> }
  | { status?: number; headers?: Record<string, string>; text: string | Uint8Array }
  | { hang: true }
  | { raw: (response: ServerResponse) => void };

export type Behaviour = Reply | ((request: SeenRequest) => Reply | Promise<Reply>);

/** A server that behaves as each test says, on loopback. It ends with the test. */
export interface QuirkyServer {
  readonly url: string;
  /** Every request, in order. */
  readonly seen: SeenRequest[];
  /** Says how `METHOD /path` is answered from now on; other requests get 404. */
  on(route: string, behaviour: Behaviour): void;
  /** The requests of one route. */
  requestsTo(route: string): SeenRequest[];
}

function send(response: ServerResponse, reply: Reply): void {
  if ('hang' in reply) return;
  if ('raw' in reply) {
    reply.raw(response);
    return;
  }
  const [type, body] =
    'json' in reply
      ? ['application/json', JSON.stringify(reply.json)]
      : 'form' in reply
        ? ['application/x-www-form-urlencoded', new URLSearchParams(reply.form).toString()]
        : ['text/html', reply.text];
  response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
  response.end(body);
}

/** Starts the server on a free port of `host`; with `tls`, it speaks https with that certificate. */
export async function quirkyServer({ host = '127.0.0.1', tls }: { host?: string; tls?: ServerOptions } = {}) {
  const behaviours = new Map<string, Behaviour>();
  const seen: SeenRequest[] = [];
  const http = tls ? createTlsServer(tls) : createServer();
  http.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const { pathname: path, search } = new URL(request.url ?? '/', 'http://quirky');
    const method = request.method ?? '';
    const noted = { method, path, search, headers: request.headers, body, form: new URLSearchParams(body) };
    seen.push(noted);
    const behaviour = behaviours.get(`${method} ${path}`) ?? { status: 404, text: 'Not Found' };
    send(response, typeof behaviour === 'function' ? await behaviour(noted) : behaviour);
  });
  const { port, close } = await listenOnLoopback(http, { host });
  onTestFinished(close);
  const server: QuirkyServer = {
    url: `${tls ? 'https' : 'http'}://${host}:${port}`,
    seen,
    on: (route, behaviour) => void behaviours.set(route, behaviour),
    requestsTo: (route) => seen.filter(({ method, path }) => `${method} ${path}` === route),
  };
  return server;
}
