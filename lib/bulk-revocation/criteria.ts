import { and, eq, inArray, ne, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { WaitingGrants } from '#lib/connect-sessions/cut-short';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { personOfConnection } from '#lib/ids';

/** As in the lists: given but empty is a fault, since read as no criterion it would reach everybody's connections. */
const given = (longest: number) => z.string().min(1, 'must not be empty').max(longest).optional();
const days = z.coerce.number().int().min(1).max(3650).optional();

/** As many as one form carries. */
export const mostSelected = 1000;

/** The criteria that find connections. All given ones must hold, and at least one must be given. */
export const bulkCriteria = z
  .strictObject({
    /** A selection. */
    ids: z.array(z.string().max(64)).min(1).max(mostSelected).optional(),
    personId: given(64),
    provider: given(64),
    /** Granted, or asked for where the provider does not say what it granted. */
    scope: given(512),
    /** Connected or reconnected longer ago than so many days. */
    olderThanDays: days,
    /** Not read for so many days; one that was never read counts from when it was connected. */
    unusedForDays: days,
    /** The id of an API key that read the token at any time that the ledger remembers. */
    readByKey: given(64),
    /** With `readByKey`: only within the last so many days. */
    readWithinDays: days,
  })
  .refine((criteria) => Object.values(criteria).some((value) => value !== undefined), {
    message: 'name at least one thing that the connections have in common',
  })
  .refine(({ readByKey, readWithinDays }) => readWithinDays === undefined || readByKey !== undefined, {
    path: ['readWithinDays'],
    message: 'goes with readByKey',
  });
export type BulkCriteria = z.output<typeof bulkCriteria>;

const ago = (count: number) => sql`now() - make_interval(days => ${count}::int)`;

/** True for live connections that fit. */
export function fitting(criteria: BulkCriteria): SQL | undefined {
  const { ids, personId, provider, scope, olderThanDays, unusedForDays, readByKey, readWithinDays } = criteria;
  const people = ids?.map((id) => personOfConnection(id) ?? '');
  const scopes = sql`coalesce(${connections.scopesGranted}, ${connections.scopesRequested})`;
  const used = sql`(select ${connectionUses}.last_used_at from ${connectionUses}
    where ${connectionUses}.person_id = ${connections}.person_id and ${connectionUses}.connection_id = ${connections}.id)`;
  const lastUse = sql`coalesce(${used}, ${connections.connectedAt})`;
  const read = and(
    eq(ledger.action, 'token.vended'),
    eq(ledger.apiKeyId, readByKey ?? ''),
    readWithinDays === undefined ? undefined : sql`${ledger.at} > ${ago(readWithinDays)}`,
  );
  return and(
    ne(connections.status, 'revoked'),
    ids && people ? and(inArray(connections.personId, people), inArray(connections.id, ids)) : undefined,
    personId ? eq(connections.personId, personId) : undefined,
    provider ? eq(connections.provider, provider) : undefined,
    scope ? sql`${scope} = any(${scopes})` : undefined,
    olderThanDays ? sql`${connections.connectedAt} < ${ago(olderThanDays)}` : undefined,
    unusedForDays ? sql`${lastUse} < ${ago(unusedForDays)}` : undefined,
    readByKey
      ? sql`(${connections.personId}, ${connections.id}) in (select ${ledger.personId}, ${ledger.connectionId}
          from ${ledger} where ${read})`
      : undefined,
  );
}

/**
 * What of the criteria tells which grants end that wait for their application; undefined where none does. Such a grant is no
 * connection yet: it has no age and no use, and nothing selected or read it.
 */
export function waitingOf(criteria: Record<string, string | number>): WaitingGrants | undefined {
  const text = (name: string) => (criteria[name] === undefined ? undefined : String(criteria[name]));
  const tells = ['personId', 'provider', 'scope'];
  return Object.keys(criteria).every((name) => tells.includes(name))
    ? { personId: text('personId'), provider: text('provider'), scope: text('scope') }
    : undefined;
}

/** The criteria as they are kept and shown; of a selection only its size. */
export function kept({ ids, ...criteria }: BulkCriteria): Record<string, string | number> {
  const entries = Object.entries(criteria).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return Object.fromEntries([...entries, ...(ids ? [['selected', new Set(ids).size] as const] : [])]);
}
