/** A section of the admin area, in the order of the sidebar. `icon` is one of the sidebar's own. */
export interface Section {
  href: '/admin' | `/admin/${string}`;
  name: string;
  icon:
    | 'overview'
    | 'connections'
    | 'people'
    | 'keys'
    | 'applications'
    | 'providers'
    | 'alerts'
    | 'freezes'
    | 'revocations'
    | 'ledger'
    | 'status'
    | 'checks'
    | 'conformance'
    | 'vault'
    | 'reviews'
    | 'evidence';
}

export const sections: readonly Section[] = [
  { href: '/admin', name: 'Overview', icon: 'overview' },
  { href: '/admin/connections', name: 'Connections', icon: 'connections' },
  { href: '/admin/people', name: 'People', icon: 'people' },
  { href: '/admin/api-keys', name: 'API keys', icon: 'keys' },
  { href: '/admin/applications', name: 'Applications', icon: 'applications' },
  { href: '/admin/providers', name: 'Providers', icon: 'providers' },
  { href: '/admin/alerts', name: 'Alerts', icon: 'alerts' },
  { href: '/admin/freezes', name: 'Freezes', icon: 'freezes' },
  { href: '/admin/revocations', name: 'Revocations', icon: 'revocations' },
  { href: '/admin/ledger', name: 'Ledger', icon: 'ledger' },
  { href: '/admin/reviews', name: 'Reviews', icon: 'reviews' },
  { href: '/admin/checks', name: 'Checks', icon: 'checks' },
  { href: '/admin/evidence', name: 'Evidence', icon: 'evidence' },
  { href: '/admin/conformance', name: 'Conformance', icon: 'conformance' },
  { href: '/admin/keys', name: 'Vault keys', icon: 'vault' },
  { href: '/admin/status', name: 'Status', icon: 'status' },
];

/** How many things of a section wait for somebody, as far as anybody counted. */
export type SectionCounts = Partial<Record<Section['icon'], { count: number; capped: boolean }>>;
