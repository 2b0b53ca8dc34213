import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { embeddedIn } from '#lib/config/embedded-addresses';

/**
 * The class of an address for an outbound request: every person may name a `public` one, only the operator a `loopback`
 * or `private` one. `never` is refused from both (link-local, cloud metadata, unspecified, multicast).
 */
export type AddressClass = 'public' | 'loopback' | 'private' | 'never';

// Metadata services that do not live in link-local space: AWS over IPv6, Google over IPv6, Alibaba, Oracle, Azure.
const metadataAddresses = new Set(
  ['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'].map((address) =>
    ipaddr.parse(address).toNormalizedString(),
  ),
);

const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'instance-data.ec2.internal']);

const neverRanges = new Set(['linkLocal', 'unspecified', 'multicast', 'broadcast', 'deprecatedSiteLocal']);

/** From addresses that every person may name to addresses that are never called. */
const strictness: readonly AddressClass[] = ['public', 'loopback', 'private', 'never'];

/** Global unicast, all that is given out of IPv6 so far (RFC 4291 §2.4, IANA's registry). */
const givenOut = ipaddr.IPv6.parseCIDR('2000::/3');

function classOfRange(address: ipaddr.IPv4 | ipaddr.IPv6): AddressClass {
  const range: string = address.range();
  if (range === 'loopback') return 'loopback';
  if (neverRanges.has(range)) return 'never';
  if (range !== 'unicast') return 'private';
  return address instanceof ipaddr.IPv6 && !address.match(givenOut) ? 'private' : 'public';
}

/**
 * Classifies an IP address in text; one that carries others by the strictest of them. Text that is no address is
 * `never`.
 */
export function classifyAddress(text: string): AddressClass {
  const bare = text.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return 'never';
  const address = ipaddr.parse(bare);
  if (metadataAddresses.has(address.toNormalizedString())) return 'never';
  if (!(address instanceof ipaddr.IPv6)) return classOfRange(address);
  const { addresses, decides } = embeddedIn(address);
  const classes = addresses.map((inner) => classifyAddress(inner.toString()));
  if (!decides) classes.push(classOfRange(address));
  return strictness.findLast((one) => classes.includes(one)) ?? 'never';
}

/** The host name of a URL without the brackets of an IPv6 literal and without a trailing dot, in lower case. */
export function bareHostname(url: URL): string {
  return url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/**
 * Classifies a host as far as that goes without the DNS: literals by their range, `localhost` and its sub-domains (RFC
 * 6761) as loopback, names of metadata services as `never`, all other names as null (unknown).
 */
export function classifyHost(hostname: string): AddressClass | null {
  if (ipaddr.isValid(hostname)) return classifyAddress(hostname);
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return 'loopback';
  if (metadataNames.has(hostname)) return 'never';
  return null;
}

/** True for `localhost`, 127.0.0.0/8 and ::1: the only hosts plain http is ever allowed for. */
export function isLoopbackHost(url: URL): boolean {
  return classifyHost(bareHostname(url)) === 'loopback';
}

/** The host name of a URL as host lists have it: an IPv6 literal in brackets, without a trailing dot, in lower case. */
export function listedHostname(url: URL): string {
  return url.hostname.replace(/\.$/, '').toLowerCase();
}

/** `host:port` with the port always written out, the form in which operator-written hosts are compared. */
export function hostWithPort(url: URL): string {
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  return `${listedHostname(url)}:${port}`;
}

const listed = /^(\[[0-9a-f:.]+\]|[a-z0-9_-][a-z0-9._-]*)(?::(\d{1,5}))?$/i;

/**
 * An entry of a host list in the form in which it is compared: `host`, `host:port`, `[IPv6]` or `[IPv6]:port`. IPv6
 * without brackets is taken for an address without a port. Null for all other text.
 */
export function hostEntry(text: string): string | null {
  const [, host, port] = listed.exec(isIPv6(text) ? `[${text}]` : text) ?? [];
  const url = host ? URL.parse(`https://${host}`) : null;
  if (!url || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return null;
  return port ? `${listedHostname(url)}:${Number(port)}` : listedHostname(url);
}
