import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import { bareHostname } from '#lib/config/address-class';
import { checkUrl, guardedLookup, type HostOrigin, hostOrigin, type ResolveAll } from '#lib/outbound/connect-policy';
import { OutboundError } from '#lib/outbound/outbound-error';

export interface GuardedFetchOptions {
  /** Hosts the operator wrote, as `host` (any port) or `host:port`. Only these may be private or loopback. */
  operatorHosts: ReadonlySet<string>;
  /** Milliseconds for the whole exchange: look-up, connection, headers and body. */
  timeoutMs?: number;
  /** Connections to one host; what comes beyond waits within its own `timeoutMs`. */
  connectionsPerHost?: number;
  /** Bytes of the body, counted after decompression. */
  maxBytes?: number;
  /** Proxies in the form of the usual variables; undefined for direct connections. Names are resolved by the proxy. */
  proxy?: { httpProxy?: string | undefined; httpsProxy?: string | undefined; noProxy?: string | undefined };
  /** Another resolver of names; the system's when absent. */
  resolve?: ResolveAll;
}

const bodiless = new Set([101, 204, 205, 304]);

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
  const agentOptions = { connect, connections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  if (!options.proxy) return new Agent(agentOptions);
  const { httpProxy = '', httpsProxy = '', noProxy = '' } = options.proxy;
  const tls = { rejectUnauthorized: true };
  return new EnvHttpProxyAgent({ ...agentOptions, httpProxy, httpsProxy, noProxy, requestTls: tls, proxyTls: tls });
}

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

/**
 * The only way out of this process to an authorization server: a `fetch` that refuses forbidden addresses when it
 * connects, follows no redirect, checks certificates always, and ends after `timeoutMs` and `maxBytes`. The answer's
 * body has been read when it returns. It throws OutboundError with a code.
 */
export function createGuardedFetch(options: GuardedFetchOptions): typeof fetch {
  const { operatorHosts, timeoutMs = 10_000, maxBytes = 1024 * 1024 } = options;
  const dispatchers: Record<HostOrigin, Dispatcher> = {
    operator: dispatcherFor('operator', options, timeoutMs),
    learnt: dispatcherFor('learnt', options, timeoutMs),
  };

  return async (input, init) => {
    const request = new Request(input, { ...init, signal: null });
    const url = new URL(request.url);
    const host = bareHostname(url);
    const origin = hostOrigin(url, operatorHosts);
    checkUrl(url, origin);
    const deadline = AbortSignal.timeout(timeoutMs);
    const signals = [deadline, init?.signal].filter((signal) => signal instanceof AbortSignal);
    try {
      const answer = await undiciFetch(url, {
        method: request.method,
        headers: Object.fromEntries(request.headers),
        body: request.body ? await request.text() : null,
        redirect: 'manual',
        signal: AbortSignal.any(signals),
        dispatcher: dispatchers[origin],
      });
      if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
        await answer.body?.cancel();
        throw new OutboundError('outbound_redirect', host);
      }
      const body = answer.body ? await readLimited(answer.body, maxBytes, host) : null;
      const headers = new Headers([...answer.headers]);
      for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name);
      return new Response(bodiless.has(answer.status) ? null : body, { status: answer.status, headers });
    } catch (error) {
      throw toOutboundError(error, host, deadline.aborted);
    }
  };
}
