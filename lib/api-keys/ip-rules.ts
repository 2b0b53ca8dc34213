import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** True where the address lies in one of the ranges (single addresses or CIDR). An unknown address lies in none. */
export function isWithin(ip: string | null, ranges: readonly string[]): boolean {
  if (!ip || !ipaddr.isValid(ip)) return false;
  const address = ipaddr.process(ip);
  return ranges.some((text) => {
    const [range, bits] = ipaddr.isValidCIDR(text)
      ? ipaddr.parseCIDR(text)
      : ([ipaddr.process(text), undefined] as const);
    if (range.kind() !== address.kind()) return false;
    return address.match(range, bits ?? (range.kind() === 'ipv4' ? 32 : 128));
  });
}

/** More than any service needs, few enough to be compared at every call. */
const mostRanges = 100;

/** The form in which a range is kept and shown, or undefined where the text is none. */
function tidy(text: string): string | undefined {
  if (ipaddr.isValidCIDR(text)) {
    const [address, bits] = ipaddr.parseCIDR(text);
    // Bits beyond the prefix are a slip of the pen: 10.0.0.5/8 might have been meant as 10.0.0.5.
    const network = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
    return network.networkAddressFromCIDR(text).toString() === address.toString() ? `${address}/${bits}` : undefined;
  }
  // Only addresses that are written in full: the library also takes 10 and 0x0a.
  return isIP(text) !== 0 ? ipaddr.process(text).toString() : undefined;
}

/** Addresses and CIDR ranges, each once, in one form; an empty list is no rule, and does not shut every caller out. */
export const ipRangesText = z
  .array(z.string().trim().max(64))
  .min(1, 'must name at least one address')
  .max(mostRanges, `must be at most ${mostRanges}`)
  .transform((texts, ctx) => {
    const ranges = texts.map((text) => {
      const range = tidy(text);
      if (range === undefined) ctx.addIssue(`"${text}" is neither an address nor a network such as 203.0.113.0/24`);
      return range ?? '';
    });
    return [...new Set(ranges)];
  });

/** The ledger's words for a key's rule. */
export const addressDetails = ({ ipRanges, ipRule }: { ipRanges: string[] | null; ipRule: 'deny' | 'alert' }) => ({
  ip_ranges: ipRanges,
  ip_rule: ipRanges ? ipRule : null,
});
