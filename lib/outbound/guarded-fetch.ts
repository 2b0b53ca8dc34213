import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent, buildConnector, DecoratorHandler, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { bareHostname } from '#lib/config/address-class';
import { checkUrl, guardedLookup, type HostOrigin, hostOrigin, type ResolveAll } from '#lib/outbound/connect-policy';
import { OutboundError } from '#lib/outbound/outbound-error';
import { runningDeadline } from '#lib/running-time';

export interface GuardedFetchOptions {
  /**
   * Hosts the operator wrote, as `host` (any port) or `host:port`. Only these may be private or loopback. A call may name
   * others of its own, and none of these then count for it.
   */
  operatorHosts?: ReadonlySet<string>;
  /** Milliseconds of running time for the whole exchange: look-up, connection, headers and body. */
  timeoutMs?: number;
  /** Connections to one host; further requests wait within their own `timeoutMs`. */
  connectionsPerHost?: number;
  /** Bytes of the body, counted after decompression. */
  maxBytes?: number;
  /** The status counts and the body does not: it is dropped, as far as it comes within this many milliseconds. */
  dropBodyAfterMs?: number;
  /** Proxies in the form of the usual variables; undefined for direct connections. Names are resolved by the proxy. */
  proxy?: { httpProxy?: string | undefined; httpsProxy?: string | undefined; noProxy?: string | undefined };
  /** Another resolver of names; the system's when absent. */
  resolve?: ResolveAll;
}

const bodiless = new Set([101, 204, 205, 304]);

/** How far a request came, told by the dispatcher through undici's `opaque`. */
interface Phase {
  /** A connection is there, so the next byte that is written is the request's. */
  sent: boolean;
  beforeSend: (() => void) | undefined;
}

function notingStart(handler: Dispatcher.DispatchHandler, phase: Phase): Dispatcher.DispatchHandler {
  const noting: Dispatcher.DispatchHandler = new DecoratorHandler(handler);
  noting.onRequestStart = (controller, context) => {
    handler.onRequestStart?.(controller, context);
    // One that was given up while it waited for its connection is not written.
    if (controller.aborted) return;
    phase.beforeSend?.();
    phase.sent = true;
  };
  return noting;
}

/** Notes of each request when it is about to be written: after look-up, connection and TLS. */
const noteSending: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const { opaque } = options as { opaque?: Phase };
  return dispatch(options, opaque ? notingStart(handler, opaque) : handler);
};

function dispatcherFor(origin: HostOrigin, options: GuardedFetchOptions, timeoutMs: number): Dispatcher {
  // `lookup` sees names only; literals were checked by checkUrl before the request got here.
  const connect = buildConnector({
    lookup: guardedLookup(origin, options.resolve),
    timeout: timeoutMs,
    allowH2: false,
    // Said aloud so that no environment variable can switch certificate checks off.
    rejectUnauthorized: true,
  });
  const connections = options.connectionsPerHost ?? 32;
  // No timers of its own once it is connected: they count the time in which this process stood still.
  const agentOptions = { connect, connections, headersTimeout: 0, bodyTimeout: 0 };
  if (!options.proxy) return new Agent(agentOptions);
  const { httpProxy = '', httpsProxy = '', noProxy = '' } = options.proxy;
  const tls = { rejectUnauthorized: true };
  return new EnvHttpProxyAgent({
    ...agentOptions,
    httpProxy,
    httpsProxy,
    noProxy,
    requestTls: tls,
    proxyTls: tls,
  });
}

const decoders = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

async function readLimited(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  host: string,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream, which closes the connection.
    if (size > maxBytes) throw new OutboundError('outbound_too_large', host);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads the body as it was meant, for the codings of RFC 9110 §8.4.1 and Brotli: some servers use them without being
 * asked, and some name one beside a body that is not there.
 */
async function readDecoded(
  body: Readable,
  coding: string | null,
  maxBytes: number,
  host: string,
): Promise<Buffer<ArrayBuffer>> {
  const createDecoder = decoders.get(coding?.trim().toLowerCase() ?? '');
  if (!createDecoder) return readLimited(body, maxBytes, host);
  // A failure on either side reaches the reader.
  const decoder = pipeline(body, createDecoder(), () => {});
  try {
    return await readLimited(decoder, maxBytes, host);
  } catch (error) {
    const ended = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
    if (ended && decoder.bytesWritten === 0) return Buffer.alloc(0);
    throw error;
  }
}

/** Reads a short body, so that its connection can be used again, and cuts one that is long, slow or broken. */
async function dropBody(body: BodyReadable, maxBytes: number, patienceMs: number): Promise<void> {
  await body.dump({ limit: maxBytes, signal: AbortSignal.timeout(patienceMs) }).catch(() => body.destroy());
}

type BodyReadable = Dispatcher.ResponseData['body'];

interface Asked {
  url: URL;
  method: Dispatcher.HttpMethod;
  headers: Headers;
  body: string | null;
}

/**
 * The request of a call to `fetch`. Only input that is not plain text already is read through the runtime's own
 * `Request`.
 */
async function readAsked(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Asked> {
  const plain = !(input instanceof Request) && (typeof init.body === 'string' || init.body == null);
  const asked = plain ? { url: String(input), ...init, body: null } : new Request(input, { ...init, signal: null });
  return {
    url: new URL(asked.url),
    method: (asked.method ?? 'GET').toUpperCase() as Dispatcher.HttpMethod,
    headers: new Headers(asked.headers),
    body: plain ? ((init.body as string | null | undefined) ?? null) : asked.body && (await (asked as Request).text()),
  };
}

/** Headers of every request that does not set them itself: GitHub answers none without a `User-Agent`. */
const usual = { accept: '*/*', 'user-agent': 'grantkeep' };

function toHeaders(received: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
}

/** Finds the reason under the runtime's wrapping errors; its texts are dropped, they may quote the address. */
function toOutboundError(error: unknown, host: string, timedOut: boolean): OutboundError {
  let code: string | null = null;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof OutboundError) return cause;
    if (cause.name === 'TimeoutError') return new OutboundError('outbound_timeout', host);
    if ('code' in cause && typeof cause.code === 'string') code ??= cause.code;
  }
  if (timedOut || /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code ?? '')) {
    return new OutboundError('outbound_timeout', host);
  }
  return new OutboundError('outbound_failed', host, code);
}

/** The options of the guarded fetch beside the usual. */
export interface GuardedInit extends RequestInit {
  /** Hosts that the operator wrote for the provider of this call; the ones of the options then do not count. */
  operatorHosts?: readonly string[];
  /**
   * Called right before the request is written to its connection, which stands by then; where it throws, nothing is
   * sent. It is called again where the request is moved to another connection.
   */
  beforeSend?: () => void;
  /** A redirect is the answer itself, with its `Location`. It is not followed here either. */
  showRedirect?: boolean;
}

/** `fetch`, with the provider that it calls for. */
export type GuardedFetch = (input: Parameters<typeof fetch>[0], init?: GuardedInit) => Promise<Response>;

/**
 * The only way out of this process to an authorization server: a `fetch` that refuses forbidden addresses when it
 * connects, follows no redirect, checks certificates always, and ends after `timeoutMs` of running time and `maxBytes`. The answer's
 * body has been read when it returns. It throws OutboundError with a code.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { operatorHosts = new Set<string>(), timeoutMs = 10_000, maxBytes = 1024 * 1024 } = options;
  const dispatchers: Record<HostOrigin, Dispatcher> = {
    operator: dispatcherFor('operator', options, timeoutMs).compose(noteSending),
    learnt: dispatcherFor('learnt', options, timeoutMs).compose(noteSending),
  };

  return async (input, init?: GuardedInit) => {
    const { url, method, headers, body } = await readAsked(input, init);
    const host = bareHostname(url);
    const origin = hostOrigin(url, init?.operatorHosts ? new Set(init.operatorHosts) : operatorHosts);
    checkUrl(url, origin);
    const deadline = runningDeadline(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([deadline.signal, init.signal]) : deadline.signal;
    const phase: Phase = { sent: false, beforeSend: init?.beforeSend };
    try {
      // Not undici's own fetch, which takes six times the processor's time; it follows no redirect by itself.
      const answer = await request(url, {
        method,
        headers: { ...usual, ...Object.fromEntries(headers) },
        body,
        signal,
        dispatcher: dispatchers[origin],
        opaque: phase,
      });
      const { statusCode: status } = answer;
      if (status >= 300 && status < 400 && status !== 304) {
        await answer.body.dump();
        if (init?.showRedirect) return new Response(null, { status, headers: toHeaders(answer.headers) });
        throw new OutboundError('outbound_redirect', host);
      }
      const received = toHeaders(answer.headers);
      if (options.dropBodyAfterMs !== undefined) {
        await dropBody(answer.body, maxBytes, options.dropBodyAfterMs);
        return new Response(null, { status, headers: received });
      }
      const read = await readDecoded(answer.body, received.get('content-encoding'), maxBytes, host);
      for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) received.delete(name);
      return new Response(bodiless.has(status) ? null : read, { status, headers: received });
    } catch (error) {
      const told = toOutboundError(error, host, deadline.signal.aborted);
      told.sent = phase.sent;
      throw told;
    } finally {
      deadline.clear();
    }
  };
}
