import ipaddr from 'ipaddr.js';

/**
 * What an address is to an outbound request: `public` anybody may name; `loopback` and `private` only the operator;
 * `never` is refused whoever wrote it (link-local, cloud metadata, unspecified, multicast).
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

/** The IPv4 address that an IPv6 form carries inside (mapped, translated, NAT64, 6to4, IPv4-compatible), or null. */
function embeddedIPv4(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray();
  const at = (offset: number) => new ipaddr.IPv4(bytes.slice(offset, offset + 4));
  switch (address.range()) {
    case 'ipv4Mapped':
    case 'rfc6145':
    case 'rfc6052':
      return at(12);
    case '6to4':
      return at(2);
    default:
      // ::/96, the deprecated IPv4-compatible form of RFC 4291; :: and ::1 have ranges of their own.
      return bytes.slice(0, 12).every((byte) => byte === 0) && address.range() === 'unicast' ? at(12) : null;
  }
}

/** Classifies an IP address in text. Anything that is not an address is `never`. */
export function classifyAddress(text: string): AddressClass {
  const bare = text.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return 'never';
  const address = ipaddr.parse(bare);
  if (metadataAddresses.has(address.toNormalizedString())) return 'never';
  if (address instanceof ipaddr.IPv6) {
    const inner = embeddedIPv4(address);
    if (inner) return classifyAddress(inner.toString());
  }
  const range: string = address.range();
  if (range === 'unicast') return 'public';
  if (range === 'loopback') return 'loopback';
  return neverRanges.has(range) ? 'never' : 'private';
}

/** The host name of a URL without the brackets of an IPv6 literal and without a trailing dot, in lower case. */
export function bareHostname(url: URL): string {
  return url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/**
 * Classifies what can be said of a host without asking the DNS: literals by their range, `localhost` and its
 * sub-domains (RFC 6761) as loopback, names of metadata services as `never`, any other name as null (unknown).
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

/** `host:port` with the port always written out, the form in which operator-written hosts are compared. */
export function hostWithPort(url: URL): string {
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  return `${bareHostname(url)}:${port}`;
}
