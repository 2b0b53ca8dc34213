import ipaddr from 'ipaddr.js';

/** The address that an IPv6 address carries inside, where it leads a packet. */
export interface Embedded {
  /** The IPv4 addresses, in their own order. */
  addresses: ipaddr.IPv4[];
  /** True where nothing but them says where a packet goes; else the address counts by itself, too. */
  decides: boolean;
}

const isZero = (bytes: readonly number[]) => bytes.every((byte) => byte === 0);

/** ISATAP (RFC 5214 §6.1): `…:0:5efe:a.b.c.d`, or `…:200:5efe:a.b.c.d` for an address that is unique in the world. */
function isIsatap(bytes: readonly number[]): boolean {
  return (bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

/**
 * The IPv4 addresses inside an IPv6 address: mapped, compatible (RFC 4291 §2.5.5), translated (RFC 7915), NAT64 (RFC 6052
 * §2.2, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380 §4: a server's and, inverted, a client's) and ISATAP.
 */
export function embeddedIn(address: ipaddr.IPv6): Embedded {
  const bytes = address.toByteArray();
  const at = (...offsets: number[]) => new ipaddr.IPv4(offsets.map((offset) => bytes[offset] ?? 0));
  const last = at(12, 13, 14, 15);
  const isatap = isIsatap(bytes) ? [last] : [];
  switch (address.range() as string) {
    case 'ipv4Mapped':
    case 'rfc6145':
      return { addresses: [last], decides: true };
    case 'rfc6052':
      if (bytes[5] !== 1) return { addresses: [last], decides: true };
      // The prefix for a network's own use: an address of any kind may be behind it, at one of two places.
      return {
        addresses: [
          ...(isZero(bytes.slice(6, 11)) ? [] : [at(6, 7, 9, 10)]),
          ...(isZero(bytes.slice(11)) ? [] : [last]),
        ],
        decides: false,
      };
    case '6to4':
      return { addresses: [at(2, 3, 4, 5), ...isatap], decides: true };
    case 'teredo': {
      const client = new ipaddr.IPv4(bytes.slice(12).map((byte) => byte ^ 0xff));
      return { addresses: [at(4, 5, 6, 7), client], decides: false };
    }
    case 'unspecified':
    case 'loopback':
      return { addresses: [], decides: false };
    default:
      if (isZero(bytes.slice(0, 12))) return { addresses: [last], decides: true };
      // Behind a prefix that belongs to somebody, that decides, too.
      return { addresses: isatap, decides: isatap.length > 0 && isZero(bytes.slice(0, 8)) };
  }
}
