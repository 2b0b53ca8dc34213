import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import {
  bareHostname,
  classifyAddress,
  classifyHost,
  hostWithPort,
  isLoopbackHost,
  listedHostname,
} from '#lib/config/address-class';
import { OutboundError } from '#lib/outbound/outbound-error';

/** The source of the host: `operator` hosts may be private, `learnt` ones only public. */
export type HostOrigin = 'operator' | 'learnt';

/** Resolves a name to all its addresses. Injectable, so that a test can play a DNS server that rebinds. */
export type ResolveAll = (hostname: string, callback: (error: Error | null, found: LookupAddress[]) => void) => void;

const systemResolve: ResolveAll = (hostname, callback) => dnsLookup(hostname, { all: true }, callback);

function allowed(address: string, origin: HostOrigin): boolean {
  const kind = classifyAddress(address);
  return kind === 'public' || (origin === 'operator' && kind !== 'never');
}

/** Whether the operator wrote this host, either for every port (`idp.internal`, `[::1]`) or for one (`[::1]:4001`). */
export function hostOrigin(url: URL, operatorHosts: ReadonlySet<string>): HostOrigin {
  return operatorHosts.has(hostWithPort(url)) || operatorHosts.has(listedHostname(url)) ? 'operator' : 'learnt';
}

/**
 * The checks that need no DNS: scheme, credentials in the URL, address literals, names that mean this machine. They also
 * hold behind a proxy, which resolves the other names itself.
 * @throws OutboundError `outbound_blocked`
 */
export function checkUrl(url: URL, origin: HostOrigin): void {
  const host = bareHostname(url);
  const blocked = (reason: string) => new OutboundError('outbound_blocked', host, reason);
  if (url.protocol === 'http:' ? !(isLoopbackHost(url) && origin === 'operator') : url.protocol !== 'https:') {
    throw blocked('scheme');
  }
  if (url.username || url.password) throw blocked('credentials');
  const kind = classifyHost(host);
  if (kind === 'never' || ((kind === 'loopback' || kind === 'private') && origin === 'learnt'))
    throw blocked('address');
}

/**
 * A `lookup` for the socket that hands on only addresses the policy allows. The checked address is the one that is
 * connected to, so a name that answers differently the second time (DNS rebinding) gains nothing. One forbidden
 * address among several refuses the name.
 */
export function guardedLookup(origin: HostOrigin, resolve: ResolveAll = systemResolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, found) => {
      if (error) return callback(error, '', 0);
      const first = found[0];
      if (!first || !found.every(({ address }) => allowed(address, origin))) {
        return callback(new OutboundError('outbound_blocked', hostname, first ? 'address' : 'no_address'), '', 0);
      }
      if (options.all) return callback(null, found);
      callback(null, first.address, first.family);
    });
  };
}
