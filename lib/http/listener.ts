import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import proxyaddr from 'proxy-addr';
import type { Config } from '#lib/config/config';
import type { Runtime } from '#lib/context';
import { clientAddress, clientAddressHeader, requestIdHeader } from '#lib/http/front-door';
import { alwaysHeaders } from '#lib/http/security-headers';
import { newId } from '#lib/ids';
import { scrub } from '#lib/log';

/** Pages post small forms; the machine API smaller bodies still. */
const maxBodyBytes = 1024 * 1024;
const maxApiBodyBytes = 64 * 1024;

/** What must not be believed from outside; what is needed of it is written anew. */
const intermediary =
  /^(?:x-forwarded-|x-real-ip$|x-original-|x-rewrite-|forwarded$|x-middleware-|x-grantkeep-|x-request-id$|x-nonce$)/;

function stripIntermediaryHeaders(request: IncomingMessage): void {
  for (const name of Object.keys(request.headers)) if (intermediary.test(name)) delete request.headers[name];
  const raw: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    const keep = !intermediary.test(name.toLowerCase()) && name.toLowerCase() !== 'host';
    if (keep) raw.push(name, request.rawHeaders[at + 1] ?? '');
  }
  request.rawHeaders = raw;
}

function writeHeader(request: IncomingMessage, name: string, value: string): void {
  request.headers[name] = value;
  request.rawHeaders.push(name, value);
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(JSON.stringify({ type: 'about:blank', title, status }));
  // The body that was not wanted is not read.
  request.unpipe();
  response.once('finish', () => request.destroy());
}

/** The fault of a request's body by its headers alone; Node itself holds a sender to the length it announced. */
function bodyFault(request: IncomingMessage, isApi: boolean): [number, string] | null {
  if (request.headers['transfer-encoding'] !== undefined) return [411, 'Send a Content-Length'];
  const length = Number(request.headers['content-length'] ?? 0);
  return length > (isApi ? maxApiBodyBytes : maxBodyBytes) ? [413, 'The request body is too large'] : null;
}

export interface ListenerParts {
  config: Config;
  /** Undefined until the process is ready. */
  runtime: () => Runtime | undefined;
  draining: () => boolean;
  /** Answers whether the database answers. */
  ready: () => Promise<boolean>;
  api: RequestListener;
  pages: RequestListener;
}

/** The one door: bounds the body, learns the client's address, forgets what only a proxy may say, and hands on. */
export function createListener(parts: ListenerParts): RequestListener {
  const trust = proxyaddr.compile(parts.config.trustedProxies);
  const always = Object.entries(alwaysHeaders(parts.config));
  const proto = parts.config.appUrl.protocol.slice(0, -1);

  return async (request, response) => {
    const started = performance.now();
    for (const [name, value] of always) response.setHeader(name, value);
    if (parts.draining()) response.setHeader('connection', 'close');
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/healthz' || path === '/readyz') {
      const ok = path === '/healthz' || (!parts.draining() && (await parts.ready()));
      response.writeHead(ok ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      response.end(ok ? 'ok\n' : 'not ready\n');
      return;
    }
    const ip = clientAddress(request, trust);
    const requestId = newId('req');
    const isApi = path === '/api/v1' || path.startsWith('/api/v1/');
    stripIntermediaryHeaders(request);
    // Neither header means no body (RFC 9112 §6.3). Said aloud, since what comes after would else look for its end.
    if (
      isApi &&
      request.headers['transfer-encoding'] === undefined &&
      request.headers['content-length'] === undefined
    ) {
      writeHeader(request, 'content-length', '0');
    }
    writeHeader(request, 'host', parts.config.appUrl.host);
    writeHeader(request, 'x-forwarded-host', parts.config.appUrl.host);
    writeHeader(request, 'x-forwarded-proto', proto);
    writeHeader(request, clientAddressHeader, ip);
    writeHeader(request, requestIdHeader, requestId);
    response.setHeader('X-Request-Id', requestId);
    const { log } = parts.runtime() ?? {};
    if (!path.startsWith('/_next/')) {
      response.once('close', () => {
        log?.info({
          event: 'request',
          request_id: requestId,
          method: request.method,
          // Without the query: a callback's holds the code.
          path: scrub(path).slice(0, 200),
          status: response.statusCode,
          ip,
          ms: Math.round(performance.now() - started),
        });
      });
    }
    const fault = bodyFault(request, isApi);
    if (fault) refuse(request, response, ...fault);
    else if (isApi) parts.api(request, response);
    else parts.pages(request, response);
  };
}
