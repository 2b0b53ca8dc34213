import type { Lead } from '#lib/search/search-everything';

/** The page of a thing that was found; where it has no page of its own, its entries in the ledger. */
export function leadAddress({ kind, id }: Lead): string {
  const named = encodeURIComponent(id);
  switch (kind) {
    case 'person':
      return `/admin/people/${named}`;
    case 'connection':
      return `/admin/connections/${named}`;
    case 'api_key':
      return `/admin/api-keys/${named}`;
    case 'application':
      return `/admin/applications/${named}`;
    case 'alert':
      return `/admin/alerts/${named}`;
    case 'bulk_revocation':
      return `/admin/revocations/${named}`;
    case 'provider':
      return `/admin/providers/${named}`;
    case 'request':
      return `/admin/requests/${named}`;
    case 'address':
      return `/admin/ledger?ip=${named}`;
    case 'fingerprint':
      return `/admin/ledger?fingerprint=${named}`;
  }
}
