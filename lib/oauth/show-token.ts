import type { CallRule } from '#lib/oauth/types';

/** Where a call shows an access token. */
export type TokenShowing = Pick<CallRule, 'token_header' | 'token_param' | 'dangerously_by_get'>;

/** The parts of a request that carry a token. */
export interface Showing {
  url: URL;
  headers: Record<string, string>;
  /** Form-encoded. */
  body?: string;
}

/**
 * Puts an access token where the rule says: into a header (RFC 6750 §2.1), a form (§2.2), or the query (§2.3), which the
 * server and proxies may log. The hub itself logs no query.
 */
export function showToken(rule: TokenShowing, address: string | URL, token: string): Showing {
  const url = new URL(address);
  if (rule.token_param === null) {
    const { name, prefix } = rule.token_header;
    return { url, headers: { [name]: `${prefix}${token}` } };
  }
  if (rule.dangerously_by_get) {
    url.searchParams.set(rule.token_param, token);
    return { url, headers: {} };
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { url, headers, body: new URLSearchParams([[rule.token_param, token]]).toString() };
}
