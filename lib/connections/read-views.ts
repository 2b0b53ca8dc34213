import { and, eq, type SQL, sql } from 'drizzle-orm';
import { isFrozen } from '#lib/connections/frozen';
import { chosenOf, entryKey } from '#lib/connections/offers';
import { isSpent, refreshDue } from '#lib/connections/token-clock';
import type { ConnectionView, DisplayStatus, ScopeView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections, type OfferedList } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { missingScopes, noScopeRules } from '#lib/oauth/scopes';
import type { ProviderRecord } from '#lib/providers/record';

/** A connection's own row in `revocations`, where it has one; grants that it replaced have others. */
export const itsRevocation = and(
  eq(revocations.personId, connections.personId),
  eq(revocations.connectionId, connections.id),
  eq(revocations.replacedGeneration, 0),
);

/** A connection's last use, where it was used. */
export const itsUse = and(
  eq(connectionUses.personId, connections.personId),
  eq(connectionUses.connectionId, connections.id),
);

/** The API key of that use, in `api_keys`. */
export const itsKey = eq(apiKeys.id, connectionUses.lastUsedBy);

/**
 * The columns of a view, no token among them. Select them from `connections`, left-joined to `revocations` on
 * `itsRevocation`, to `connection_uses` on `itsUse` and to `api_keys` on `itsKey`.
 */
export const connectionColumns = {
  id: connections.id,
  personId: connections.personId,
  provider: connections.provider,
  issuer: connections.issuer,
  subject: connections.subject,
  label: connections.label,
  status: connections.status,
  statusReason: connections.statusReason,
  refusedWith: connections.refusedWith,
  scopesRequested: connections.scopesRequested,
  scopesGranted: connections.scopesGranted,
  accountParams: connections.accountParams,
  extras: connections.extras,
  missing: connections.missing,
  offered: connections.offered,
  nextLookupAt: connections.nextLookupAt,
  authorization: connections.authorization,
  issuedAt: connections.accessTokenIssuedAt,
  expiresAt: connections.accessTokenExpiresAt,
  refreshable: sql<boolean>`${connections.refreshToken} is not null`,
  refreshExpiresAt: connections.refreshTokenExpiresAt,
  due: refreshDue,
  spent: isSpent,
  lastUsedAt: connectionUses.lastUsedAt,
  lastUsedBy: connectionUses.lastUsedBy,
  lastUsedByName: apiKeys.name,
  lastRefreshedAt: connections.lastRefreshedAt,
  // While a refresh is under way the column holds the error that would be true if its process died: it is no news yet.
  lastRefreshError: sql<
    string | null
  >`case when ${connections.leaseExpiresAt} > clock_timestamp() then null else ${connections.lastRefreshError} end`,
  createdAt: connections.createdAt,
  connectedAt: connections.connectedAt,
  revokedAt: connections.revokedAt,
  frozen: isFrozen,
  revocationState: revocations.state,
  revocationAttempts: revocations.attempts,
  revocationNextAttemptAt: revocations.nextAttemptAt,
  revocationFinishedAt: revocations.finishedAt,
  revocationLastErrorCode: revocations.lastErrorCode,
  revocationProof: revocations.proof,
  revocationEvidence: revocations.evidence,
  revocationProvedAt: revocations.provedAt,
  revocationHonouredUntil: revocations.honouredUntil,
} as const;

/**
 * The same for lists. Of the offered lists, they have the names and the chosen entries: the rest may be as long as a
 * provider likes, and only the connection's own page lets its person choose.
 */
export const listedColumns = {
  ...connectionColumns,
  offered: sql<OfferedList[] | null>`(
    select jsonb_agg(jsonb_build_object('name', list -> 'name', 'entries', (
      select coalesce(jsonb_agg(entry order by place), '[]')
      from jsonb_array_elements(list -> 'entries') with ordinality as entries (entry, place)
      where ${connections.extras} @> (entry -> 'extras')
    )) order by nth)
    from jsonb_array_elements(${connections.offered}) with ordinality as lists (list, nth)
  )`.mapWith(connections.offered),
} as const;

/** Begins the query of a list of views. */
export const selectListed = (db: Db) =>
  db
    .select(listedColumns)
    .from(connections)
    .leftJoin(revocations, itsRevocation)
    .leftJoin(connectionUses, itsUse)
    .leftJoin(apiKeys, itsKey);

type Selected<T> = {
  [K in keyof T]: T[K] extends { _: { data: infer D; notNull: infer N } }
    ? N extends true
      ? D
      : D | null
    : T[K] extends SQL<infer D>
      ? D
      : never;
};
/** A selected row. Columns of the joined tables may be null. */
export type ConnectionRow = Omit<
  Selected<typeof connectionColumns>,
  | 'lastUsedAt'
  | 'lastUsedBy'
  | 'lastUsedByName'
  | 'revocationState'
  | 'revocationAttempts'
  | 'revocationNextAttemptAt'
  | 'revocationProof'
> & {
  lastUsedAt: Date | null;
  lastUsedBy: string | null;
  lastUsedByName: string | null;
  revocationState: (typeof revocations.$inferSelect)['state'] | null;
  revocationAttempts: number | null;
  revocationNextAttemptAt: Date | null;
  revocationProof: (typeof revocations.$inferSelect)['proof'] | null;
};

/** Scopes with their plain words, where the record knows them. */
export function describeScopes(provider: ProviderRecord | undefined, scopes: readonly string[]): ScopeView[] {
  return scopes.map((name) => ({ name, description: provider?.scope_descriptions[name] ?? null }));
}

function statusWithoutFreeze(row: ConnectionRow): Exclude<DisplayStatus, 'frozen'> {
  if (row.status === 'revoked') return 'revoked';
  if (row.status === 'needs_reconnect' || row.spent) return 'needs_reconnect';
  return row.due ? 'refresh_due' : 'connected';
}

const displayStatus = (row: ConnectionRow): DisplayStatus =>
  row.frozen && row.status !== 'revoked' ? 'frozen' : statusWithoutFreeze(row);

/** An account that its provider does not name, until its person does. */
const unnamedLabel = 'Unnamed account';

/** A row as pages and the API show it. A provider that is no longer configured keeps its id as its name. */
export function toConnectionView(ctx: Pick<Context, 'providers'>, row: ConnectionRow): ConnectionView {
  const provider = ctx.providers.get(row.provider);
  const granted = row.scopesGranted;
  const proofs = { refreshToken: row.refreshable, idToken: row.authorization.idTokenChecked };
  const missing = missingScopes(provider ?? noScopeRules, row.scopesRequested, granted, proofs);
  const live = row.status === 'connected';
  const named = provider?.identity.source !== 'none';
  return {
    id: row.id,
    personId: row.personId,
    provider: { id: row.provider, name: provider?.name ?? row.provider, preset: provider?.preset ?? 'oidc' },
    account: { issuer: row.issuer, subject: row.subject, label: row.label ?? (named ? row.subject : unnamedLabel) },
    named: named ? null : row.label !== null,
    choices: (row.offered ?? []).map((list) => {
      const chosen = chosenOf(list, row.extras);
      return {
        name: list.name,
        chosen: chosen ? { key: entryKey(chosen), label: chosen.label } : null,
        entries: list.entries.map((entry) => ({ key: entryKey(entry), label: entry.label })),
      };
    }),
    missing: row.missing,
    looksAgainAt: row.status === 'connected' ? row.nextLookupAt : null,
    status: displayStatus(row),
    statusReason: row.statusReason,
    providerError: row.status === 'needs_reconnect' ? row.refusedWith : null,
    scopes: granted === null ? null : describeScopes(provider, granted),
    missingScopes: describeScopes(provider, missing),
    token: live
      ? {
          issuedAt: row.issuedAt,
          expiresAt: row.expiresAt,
          refreshable: row.refreshable,
          refreshExpiresAt: row.refreshExpiresAt,
        }
      : null,
    extras: row.extras,
    accountParams: row.accountParams,
    authorization: row.authorization,
    lastUsedAt: row.lastUsedAt,
    lastUsedBy: row.lastUsedBy ? { id: row.lastUsedBy, name: row.lastUsedByName ?? row.lastUsedBy } : null,
    lastRefreshedAt: row.lastRefreshedAt,
    lastRefreshError: row.lastRefreshError,
    createdAt: row.createdAt,
    connectedAt: row.connectedAt,
    revokedAt: row.revokedAt,
    frozen: row.frozen,
    beneath: row.frozen && row.status !== 'revoked' ? statusWithoutFreeze(row) : null,
    revocation: row.revocationState
      ? {
          state: row.revocationState,
          attempts: row.revocationAttempts ?? 0,
          nextAttemptAt: row.revocationState === 'pending' ? row.revocationNextAttemptAt : null,
          finishedAt: row.revocationFinishedAt,
          lastErrorCode: row.revocationLastErrorCode,
          manualUrl: provider?.revoke.manual_url ?? null,
          proof: {
            state: row.revocationProof ?? 'none',
            provedAt: row.revocationProvedAt,
            tokens: row.revocationEvidence?.tokens ?? [],
            selfContained: row.revocationEvidence?.selfContained ?? false,
            honouredUntil: row.revocationHonouredUntil,
          },
        }
      : null,
  };
}
