import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';

/** An API key as pages and the command line show it: never the key nor its hash. */
export interface ApiKeyView {
  id: string;
  name: string;
  /** The first characters of the key, to tell keys apart. */
  prefix: string;
  scopes: ApiKeyScope[];
  /** Null: every provider. */
  providers: string[] | null;
  /** The application that it belongs to, of which it sees the people alone; null: it sees everybody. */
  applicationId: string | null;
  applicationName: string | null;
  /** Addresses and networks that it is expected from; null: anywhere. */
  ipRanges: string[] | null;
  /** The effect of a call from elsewhere; of use only with `ipRanges`. */
  ipRule: 'deny' | 'alert';
  /** A freeze stands over it. */
  frozen: boolean;
  status: 'active' | 'expired' | 'revoked';
  expiresAt: Date | null;
  createdAt: Date;
  /** What the service does with accounts, for the people who own them; null: nothing was said. */
  purpose: string | null;
  /** Who answers for the service. */
  owner: string | null;
  /** The id of the key that this one was made to replace. */
  replaces: string | null;
  /** A person's id, or the name of what made it (`cli`). */
  createdBy: string;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}
