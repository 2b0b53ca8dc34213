import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { people } from '#lib/db/schema/people';
import { isUnbound } from '#lib/db/sealed-by';

export const connectionStatuses = ['connected', 'needs_reconnect', 'revoked'] as const;
export type ConnectionStatus = (typeof connectionStatuses)[number];

/** How the grant came about, for the person to read. */
export interface Authorization {
  pkce: 'S256' | 'none';
  issChecked: boolean;
  idTokenChecked: boolean;
  userAgent: string | null;
}

/** A list from which the person chooses an entry; the connection then has that entry's extras. */
export interface OfferedList {
  name: string;
  entries: { label: string; extras: Record<string, string | number | boolean> }[];
}

/**
 * One account of one person at one provider, with its sealed tokens. The person leads the primary key, because it is
 * the key on which the table can be spread over partitions or machines; a connection's id carries the person's.
 */
export const connections = pgTable(
  'connections',
  {
    personId: text()
      .notNull()
      .references(() => people.id),
    id: text().notNull(),
    provider: text().notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    label: text(),
    status: text({ enum: connectionStatuses }).notNull(),
    /** Why it is not `connected`: a stable code such as `ended_at_provider` or `answer_lost`. */
    statusReason: text(),
    scopesRequested: text().array().notNull(),
    /** Null: the provider does not say what it granted. */
    scopesGranted: text().array(),
    /** Account-specific parts of the provider's URLs, validated against the record's patterns. */
    accountParams: jsonb().$type<Record<string, string>>().notNull().default({}),
    /** Fields of the answer that later calls need, such as `instance_url`. Never a secret. */
    extras: jsonb().$type<Record<string, string | number | boolean>>().notNull().default({}),
    /** The details that look-ups have not found yet: `account.label`, `extras.…`. */
    missing: text().array().notNull().default(sql`'{}'::text[]`),
    /** Lists that look-ups answered, of which the person chooses an entry; null: none. */
    offered: jsonb().$type<OfferedList[]>(),
    /** How often the missing details were looked for again, and when the next look is; null: no more. */
    lookups: integer().notNull().default(0),
    nextLookupAt: instant(),
    authorization: jsonb().$type<Authorization>().notNull(),
    tokenType: text().notNull().default('Bearer'),
    /** Compact JWEs; the protected header names this row and column. */
    accessToken: text(),
    refreshToken: text(),
    accessTokenIssuedAt: instant(),
    /** Null: the provider says nothing and the record knows no default. */
    accessTokenExpiresAt: instant(),
    refreshTokenExpiresAt: instant(),
    /** Raised with every stored token: a late writer with an older generation loses. */
    generation: integer().notNull().default(1),
    leaseOwner: text(),
    leaseExpiresAt: instant(),
    lastRefreshError: text(),
    /** When the stored refresh token was first shown. It counts only while an answer may be lost. */
    spentAt: instant(),
    /** Refreshes that failed since the last that did not. */
    refreshFailures: integer().notNull().default(0),
    /** Until then the background leaves it alone: somebody has claimed it, or it is backing off. */
    nextRefreshAttemptAt: instant(),
    lastRefreshedAt: instant(),
    /** When the provider last refused the refresh token as one of a dead grant. */
    refusedAt: instant(),
    /** The generation it then had. Where it is the row's own still, the grant is in doubt until it is tried once more. */
    refusedGeneration: integer(),
    /** The code that the provider gave with it; null where it gave none. */
    refusedWith: text(),
    /** When a caller last had it refreshed before it was due. */
    forcedAt: instant(),
    createdAt: instant().notNull().defaultNow(),
    connectedAt: instant().notNull().defaultNow(),
    revokedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.personId, t.id] }),
    // Connecting the same account again finds its live row; a revoked one is final.
    uniqueIndex('connections_account')
      .on(t.personId, t.provider, t.issuer, t.subject)
      .where(sql`${t.status} <> 'revoked'`),
    // The order of the lists. Status and end ride along, so that a walk filters on them without reading rows.
    index('connections_created').on(t.createdAt, t.id, t.status, t.accessTokenExpiresAt),
    // Filters that may be rare among many rows: over and done with, about to end, over with nothing to refresh it.
    index('connections_ended').on(t.status, t.createdAt, t.id).where(sql`${t.status} <> 'connected'`),
    index('connections_expiry').on(t.accessTokenExpiresAt).where(sql`${t.status} = 'connected'`),
    index('connections_spent')
      .on(t.createdAt, t.id, t.accessTokenExpiresAt)
      .where(sql`${t.status} = 'connected' and ${t.refreshToken} is null and ${t.accessTokenExpiresAt} is not null`),
    // Of each provider, connections that nothing can refresh: over already, or to be over soon.
    index('connections_unrefreshable')
      .on(t.provider, t.accessTokenExpiresAt)
      .where(sql`${t.status} = 'connected' and ${t.refreshToken} is null and ${t.accessTokenExpiresAt} is not null`),
    index('connections_provider_created').on(t.provider, t.createdAt, t.id),
    index('connections_subject').on(t.issuer, t.subject),
    // Few rows: connections with look-ups to try again.
    index('connections_lookups')
      .on(t.nextLookupAt)
      .where(sql`${t.status} = 'connected' and ${t.nextLookupAt} is not null`),
    // The background's questions of each minute: tokens about to end, and grants that expire by disuse soon.
    index('connections_refresh_ahead')
      .on(t.provider, t.accessTokenExpiresAt)
      .where(sql`${t.status} = 'connected' and ${t.refreshToken} is not null`),
    index('connections_keep_alive')
      .on(t.provider, sql`greatest(${t.lastRefreshedAt}, ${t.connectedAt})`)
      .where(sql`${t.status} = 'connected' and ${t.refreshToken} is not null`),
    // Grants with a known end, for the alert that comes before it.
    index('connections_grant_end')
      .on(t.refreshTokenExpiresAt)
      .where(sql`${t.status} = 'connected' and ${t.refreshTokenExpiresAt} is not null`),
    // Few rows, for the status page. Without the moment of the next attempt, which every claim changes.
    index('connections_failing').on(t.provider).where(sql`${t.status} = 'connected' and ${t.refreshFailures} > 0`),
    // Few rows: grants to try once more, and grants that ended lately at the same provider.
    index('connections_refused').on(t.provider, t.refusedAt).where(sql`${t.refusedAt} is not null`),
    // Rows of earlier builds; empty once they were sealed anew.
    index('connections_unbound')
      .on(t.personId, t.id)
      .where(sql`${isUnbound(t.accessToken)} or ${isUnbound(t.refreshToken)}`),
    check('connections_status', sql`${t.status} in ('connected', 'needs_reconnect', 'revoked')`),
    check('connections_live_token', sql`${t.status} <> 'connected' or ${t.accessToken} is not null`),
    check('connections_lease', sql`(${t.leaseOwner} is null) = (${t.leaseExpiresAt} is null)`),
  ],
);
