import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { classifyHost } from '#lib/config/address-class';
import type { Config } from '#lib/config/config';

/** Headers that a proxy adds; with one of them, the peer is not the client. */
const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

const digest = (text: string) => hash('sha256', text, 'buffer');

/** The host that was asked for, without its port: a page of another name that resolves to here may not read. */
function askedHost({ headers }: IncomingMessage): string {
  return URL.parse(`http://${headers.host ?? ''}`)?.hostname.replace(/^\[|\]$/g, '') ?? '';
}

/**
 * Whether `/metrics` may be read: with METRICS_TOKEN, by a request with it as bearer token, from anywhere; without,
 * only of a hub that serves this machine alone, by this machine. A hub that is reached by https has a proxy before it.
 * Everybody's requests come through the proxy, which need not say so: nginx asks by the address it knows and adds
 * nothing.
 * @param request as it came, before anything was taken from its headers
 */
export function mayReadMetrics(config: Pick<Config, 'metricsToken' | 'secure'>, request: IncomingMessage): boolean {
  if (config.metricsToken !== undefined) {
    const shown = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(shown), digest(config.metricsToken));
  }
  if (config.secure) return false;
  const peer = request.socket.remoteAddress?.replace(/^::ffff:/i, '') ?? '';
  if (forwarding.some((name) => request.headers[name] !== undefined)) return false;
  return classifyHost(peer) === 'loopback' && classifyHost(askedHost(request)) === 'loopback';
}
