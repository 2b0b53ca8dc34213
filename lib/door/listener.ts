import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import proxyaddr from 'proxy-addr';
import type { Config } from '#lib/config/config';
import type { Runtime } from '#lib/context';
import { clientAddress, clientAddressHeader, requestIdHeader } from '#lib/door/front-door';
import { servePassing } from '#lib/door/page-failures';
import { problemParts } from '#lib/door/problem';
import { withIntegrity } from '#lib/door/script-integrity';
import type { ScriptIntegrity } from '#lib/door/script-tags';
import { alwaysHeaders } from '#lib/door/security-headers';
import { knownMethods } from '#lib/door/server-options';
import { maxBodyBytes, takeBody } from '#lib/door/take-body';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { routeOf } from '#lib/telemetry/route-of';
import { isTracing, traced } from '#lib/telemetry/span';

/** Headers that must not be believed from outside, Next's own words among them; the needed ones are written anew. */
const intermediary =
  /^(?:x-forwarded-|x-real-ip$|x-original-|x-rewrite-|forwarded$|x-middleware-|x-invoke-|x-matched-path$|x-now-|next-resume$|x-next-resume-|content-security-policy|x-grantkeep-|x-request-id$|x-nonce$)/;

/** How long a body that is not wanted may go on before its connection is cut. */
const unwantedBodyMs = 5_000;

/**
 * By these Next would take an address with a code or a secret for a page that its own script asks for, and redirect it with
 * that in the address.
 */
const framework = /^(?:rsc|next-.*|x-nextjs-.*)$/;
/** Route handlers that a browser comes to with a code or a secret, and no page. */
const withSecret = /^\/(?:oauth\/|connect-session\/open$)/;

function stripHeaders(request: IncomingMessage, unwanted: readonly RegExp[]): void {
  const raw: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const spelled = request.rawHeaders[at] ?? '';
    const name = spelled.toLowerCase();
    if (unwanted.some((pattern) => pattern.test(name))) delete request.headers[name];
    else if (name !== 'host') raw.push(spelled, request.rawHeaders[at + 1] ?? '');
  }
  request.rawHeaders = raw;
}

function writeHeader(request: IncomingMessage, name: string, value: string): void {
  request.headers[name] = value;
  request.rawHeaders.push(name, value);
}

/**
 * The path and query of a request's target, which may be a whole URL (RFC 9112 §3.2.2); its host counts for nothing.
 * Null for text that is neither.
 */
function targetOf(request: IncomingMessage): string | null {
  const { url = '' } = request;
  if (url.startsWith('/')) return url;
  const parsed = /^https?:\/\//i.test(url) ? URL.parse(url) : null;
  return parsed && parsed.pathname + parsed.search;
}

/**
 * Answers at once and ends the answer when the body, which goes unread, has been sent or took too long: a connection
 * closed before that could take the answer with it.
 */
function refuse(request: IncomingMessage, response: ServerResponse, error: AppError, requestId: string) {
  const { status, headers, body } = problemParts(error, requestId);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.write(body);
  const cut = setTimeout(() => request.destroy(), unwantedBodyMs);
  request.resume().once('end', () => response.end());
  request.once('close', () => clearTimeout(cut));
}

/**
 * A server action, called with script or by its form, from a page that is not ours. Next refuses it too, as a fault of
 * its own and without our hearing of it; an Origin that is missing is judged by the action itself (`requireSameOrigin`).
 */
function isForeignAction({ method, headers }: IncomingMessage, own: string): boolean {
  if (method !== 'POST' || headers.origin === undefined || headers.origin === own) return false;
  return headers['next-action'] !== undefined || /^\s*multipart\/form-data/i.test(headers['content-type'] ?? '');
}

/**
 * Whether the end of a body is where everybody sees it: Node refuses two lengths and a length beside chunks, but takes
 * other codings below chunks, and chunks of a client that speaks HTTP/1.0 (RFC 9112 §6.1, §11.2).
 */
function isFramedPlainly({ headers, httpVersion }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return true;
  return coding.toLowerCase() === 'chunked' && headers['content-length'] === undefined && httpVersion === '1.1';
}

/** The fault of a request by its headers alone; Node itself holds a sender to the length it announced. */
function faultOf(request: IncomingMessage, target: string | null, own: string): AppError | null {
  // The web's Request, which the frameworks behind make, does not even take some of them.
  if (!knownMethods.includes(request.method ?? '')) return new AppError('method_not_allowed');
  // PostgreSQL takes no zero byte in a text, and nothing honest sends one.
  if (target === null || /%00/.test(target) || !isFramedPlainly(request)) return new AppError('invalid_request');
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > maxBodyBytes) return new AppError('body_too_large');
  return isForeignAction(request, own) ? new AppError('wrong_origin') : null;
}

export interface ListenerParts {
  config: Config;
  /** Undefined until the process is ready. */
  runtime: () => Pick<Runtime, 'log' | 'refusals'> | undefined;
  draining: () => boolean;
  /** Answers whether the database answers; a text where it does and something else is not as it should be. */
  ready: () => Promise<boolean | string>;
  api: RequestListener;
  /** Answers `/metrics`, with the request as it came: who may read it depends on what a proxy says. */
  metrics?: RequestListener;
  pages: RequestListener;
  /** Of the scripts of the build; undefined while developing, where they change. */
  integrity?: ScriptIntegrity | undefined;
}

/** Probes and files of the build are no work to look into. */
const untraced = /^\/(?:healthz|readyz|metrics|_next\/)/;

/** Answers within a span, which ends when the answer has been sent or its caller is gone. */
function traceRequest(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<void> {
  const path = targetOf(request)?.split('?', 1)[0] ?? '/';
  if (untraced.test(path)) return answer(request, response);
  const method = knownMethods.includes(request.method ?? '') ? String(request.method) : '_OTHER';
  return traced(
    'request',
    () => ({ 'http.request.method': method, 'http.route': routeOf(path) }),
    async (set) => {
      const closed = new Promise<void>((resolve) => response.once('close', resolve));
      await answer(request, response);
      await closed;
      set({ 'http.response.status_code': response.statusCode });
    },
  );
}

/** The one door: bounds the body, learns the client's address, forgets what only a proxy may say, and hands on. */
export function createListener(parts: ListenerParts): RequestListener {
  const trust = proxyaddr.compile(parts.config.trustedProxies);
  const always = Object.entries(alwaysHeaders(parts.config));
  const proto = parts.config.appUrl.protocol.slice(0, -1);

  let asked: Promise<boolean | string> | undefined;
  /** One question for all probes that come while it is asked: anybody may send them, and each would take a connection. */
  function ready(): Promise<boolean | string> {
    asked ??= parts.ready().finally(() => {
      asked = undefined;
    });
    return asked;
  }

  async function probe(response: ServerResponse, path: string): Promise<void> {
    const ok = path === '/healthz' || (!parts.draining() && (await ready()));
    response.writeHead(ok ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(typeof ok === 'string' ? `ok, but ${ok}\n` : ok ? 'ok\n' : 'not ready\n');
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    for (const [name, value] of always) response.setHeader(name, value);
    if (parts.draining()) response.setHeader('connection', 'close');
    const target = targetOf(request);
    const path = target?.split('?', 1)[0] ?? '';
    const known = knownMethods.includes(request.method ?? '');
    if (!known) response.setHeader('Allow', knownMethods.join(', '));
    if (known && (path === '/healthz' || path === '/readyz')) return probe(response, path);
    if (known && path === '/metrics' && parts.metrics) return parts.metrics(request, response);
    if (target !== null) request.url = target;
    const ip = clientAddress(request, trust);
    const requestId = newId('req');
    const isApi = path === '/api/v1' || path.startsWith('/api/v1/');
    stripHeaders(request, withSecret.test(path) ? [intermediary, framework] : [intermediary]);
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
    if (ip !== null) writeHeader(request, clientAddressHeader, ip);
    writeHeader(request, requestIdHeader, requestId);
    response.setHeader('X-Request-Id', requestId);
    const { log, refusals } = parts.runtime() ?? {};
    // Files of the build are not worth a line; an address that only begins like one may lead to a page.
    if (!path.startsWith('/_next/') || /\.\.|%/.test(path)) {
      response.once('close', () => {
        if (!log) return;
        // `listen` asks for events each second, and mostly there are none.
        const level = path === '/api/v1/events' && response.statusCode === 200 ? 'debug' : 'info';
        log[level]({
          event: 'request',
          request_id: requestId,
          method: request.method,
          // Without the query: a callback's holds the code.
          path: path.slice(0, 200),
          // None was sent to a client that broke off.
          status: response.headersSent ? response.statusCode : null,
          ip,
          seconds_served: Math.round(performance.now() - started) / 1000,
        });
      });
    }
    const refuseFor = (fault: AppError) => {
      refusals?.add({ ip, requestId }, fault.code);
      refuse(request, response, fault, requestId);
    };
    const fault = faultOf(request, target, parts.config.appUrl.origin);
    if (fault) return refuseFor(fault);
    const whole = await takeBody(request);
    if (whole === 'gone') return;
    if (whole === 'too_large') return refuseFor(new AppError('body_too_large'));
    if (isApi) return void parts.api(whole, response);
    // What Next's own script asks for has no markup, and neither have files of the build.
    if (parts.integrity && !path.startsWith('/_next/') && whole.headers.rsc === undefined)
      withIntegrity(whole, response, parts.integrity);
    servePassing(request, response, () => parts.pages(whole, response));
  }

  // A fault of ours must not end the process, which every connection shares.
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    serve(request, response).catch((error: unknown) => {
      parts.runtime()?.log.error({ event: 'listener_failed', err: error });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  return (request, response) => {
    if (isTracing()) void traceRequest(request, response, answer);
    else void answer(request, response);
  };
}
