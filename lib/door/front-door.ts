import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyaddr from 'proxy-addr';
import { existing, once } from '#lib/process-parts';

/** Set by `server.ts`, and believed only while it stands in front: it removes the header from every request first. */
export const clientAddressHeader = 'x-grantkeep-client-address';
export const requestIdHeader = 'x-request-id';

/** Tells the process that `server.ts` owns the socket. */
export function openFrontDoor(): void {
  once('front-door', () => true);
}

/**
 * The client's address: the socket's, or the one in `X-Forwarded-For` as far as each hop is one of the operator's
 * proxies. With no trusted proxy the header counts for nothing, and text that is no address never does. Null where the
 * peer is gone already.
 */
export function clientAddress(request: IncomingMessage, trust: ReturnType<typeof proxyaddr.compile>): string | null {
  const hops: (string | undefined)[] = proxyaddr.all(request, trust);
  const address = hops.findLast((hop) => hop !== undefined && isIP(hop) !== 0) ?? null;
  return address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '') ?? null;
}

/** The address that `server.ts` wrote down; null where only Next runs, since then no code of ours saw the socket. */
export function addressFromHeaders(headers: Pick<Headers, 'get'>): string | null {
  return existing<boolean>('front-door') ? headers.get(clientAddressHeader) : null;
}
