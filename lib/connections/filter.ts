import { and, type Column, eq, inArray, isNull, ne, not, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { expiringGrants, expiringWithinDays } from '#lib/connections/expiring';
import { type Freezes, isUnder, standingFreezes } from '#lib/connections/freezes';
import { dueByIndex, spentByIndex } from '#lib/connections/token-clock';
import type { DisplayStatus } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { decodeCursor } from '#lib/cursor';
import { contains } from '#lib/db/contains';
import { connectionSearch } from '#lib/db/schema/connection-search';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { isOfItsPeople } from '#lib/guards/application-reach';
import { requireReader } from '#lib/guards/require';
import { requireApiKey } from '#lib/guards/require-api-key';
import { personOfConnection } from '#lib/ids';
import { searchText } from '#lib/search-text';

export const displayStatuses = [
  'connected',
  'refresh_due',
  'needs_reconnect',
  'frozen',
  'revoked',
] as const satisfies readonly DisplayStatus[];

/** Why a connection may need somebody, beside its status. */
export const concerns = ['grant_expiring', 'revocation_retried', 'revocation_failed', 'revocation_unproved'] as const;
export type Concern = (typeof concerns)[number];

/** The concern of an address. Links that administrators kept may have a name of earlier builds. */
export function readConcern(text: string | undefined): Concern | undefined {
  const name = text === 'grant_dying' ? 'grant_expiring' : text;
  return concerns.find((one) => one === name);
}

/** A revocation that was given up longer ago than this concerns no administrator any more. */
const givenUpWithin = sql`interval '30 days'`;

/**
 * A filter that is given but empty is a fault: read as no filter, it would answer everybody's connections to a service
 * that looked up a person and found none.
 */
const given = (longest: number) => z.string().min(1, 'must not be empty').max(longest).optional();

/** Characters of an application's own id; none is longer. */
const longestOwnId = 500;

/** The filters of a list of connections. All given ones must hold. */
export const connectionFilter = z
  .object({
    personId: given(64),
    /** Of the person, as they sign in; only together. */
    issuer: given(2048),
    subject: given(512),
    /** Of the person: the whole address, in any case of letters. */
    email: given(320),
    /** Of the people of this application. */
    application: given(64),
    /** Of the person whom the application knows by this id and tenant; without a tenant, of the one who has none. */
    applicationUser: given(longestOwnId),
    /** Alone: of the people of that tenant. */
    applicationTenant: given(longestOwnId),
    provider: given(64),
    /** `connected` includes the ones with a due refresh. */
    status: z.enum(displayStatuses).optional(),
    /**
     * `grant_expiring`: ends within a week, and only its person can renew it. `revocation_retried`: its provider was told and
     * has not confirmed, so that the hub tries again. `revocation_failed`: its provider could not be
     * told that it is revoked here. `revocation_unproved`: the provider was told and takes its token all the same.
     */
    concern: z.enum(concerns).optional(),
    /** Part of the person's name or e-mail or of the account's label or subject, or a whole id of either. */
    query: searchText,
  })
  .refine(({ issuer, subject }) => (issuer === undefined) === (subject === undefined), {
    path: ['subject'],
    message: 'needs issuer and subject together',
  });
export type ConnectionFilter = z.output<typeof connectionFilter>;

export type Sort = 'newest' | 'oldest';
/** A page in keyset order, or only so many in any order. */
export interface Extent {
  sort?: Sort;
  cursor?: string | undefined;
  limit: number;
}

/** The bounds of what a caller may list; null: none. */
export interface Reach {
  providers: readonly string[] | null;
  /** Of the people of this application only. */
  applicationId: string | null;
}

/**
 * The connections that the caller may list.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`
 */
export function connectionsInReach(ctx: Context): Reach {
  if (ctx.actor.type === 'api_key') return requireApiKey(ctx, 'connections:read');
  requireReader(ctx);
  return { providers: null, applicationId: null };
}

/**
 * The condition on the people of an application. An id of a user means nothing without it: two applications may know
 * their users by the same.
 * @throws AppError `invalid_request`
 */
function ofApplication(reach: Reach, { application, applicationUser, applicationTenant }: ConnectionFilter) {
  if (application === undefined && applicationUser === undefined && applicationTenant === undefined) return undefined;
  const asked = application ?? reach.applicationId;
  if (asked === null) {
    throw new AppError('invalid_request', {
      issues: [{ path: 'application', message: 'is needed with a user or a tenant of an application' }],
    });
  }
  return and(
    eq(people.applicationId, asked),
    applicationUser === undefined ? undefined : eq(people.applicationUser, applicationUser),
    applicationTenant !== undefined
      ? eq(people.applicationTenant, applicationTenant)
      : applicationUser !== undefined
        ? isNull(people.applicationTenant)
        : undefined,
  );
}

const { status } = connections;
const isConnected = sql`${status} = 'connected'`;

/**
 * The conditions of a status: together they are it, and no row fits two of them. Apart, so that each has its own index.
 */
function withStatus(wanted: DisplayStatus, freezes: Freezes): readonly (SQL | undefined)[] {
  const frozen = isUnder(freezes);
  const live = and(isConnected, not(spentByIndex), not(frozen));
  switch (wanted) {
    case 'connected':
      return [live];
    case 'refresh_due':
      return [and(live, dueByIndex)];
    case 'needs_reconnect':
      return [and(sql`${status} = 'needs_reconnect'`, not(frozen)), and(isConnected, spentByIndex, not(frozen))];
    case 'frozen':
      return [and(ne(status, 'revoked'), frozen)];
    case 'revoked':
      return [sql`${status} = 'revoked'`];
  }
}

/** A whole id is looked up; anything else is searched for. */
function whole(query: string | undefined): SQL | undefined {
  if (query === undefined) return undefined;
  const owner = personOfConnection(query);
  if (owner) return and(eq(connections.personId, owner), eq(connections.id, query));
  return /^per_[0-9a-z]{16}$/.test(query) ? eq(connections.personId, query) : undefined;
}

function withConcern(ctx: Pick<Context, 'providers'>, concern: Concern): SQL {
  const key = sql`(${connections.personId}, ${connections.id})`;
  if (concern === 'grant_expiring') {
    const all = ctx.providers
      .list()
      .map((provider) => sql`(${expiringGrants(provider, expiringWithinDays, new Date())})`);
    return all.length > 0 ? sql`${key} in (${sql.join(all, sql` union all `)})` : sql`false`;
  }
  if (concern === 'revocation_retried')
    return sql`${key} in (select person_id, connection_id from revocations where state = 'pending' and attempts > 0)`;
  const end = concern === 'revocation_failed' ? sql`state = 'failed'` : sql`proof = 'still_accepted'`;
  return sql`${key} in (select person_id, connection_id from revocations
    where ${end} and finished_at > now() - ${givenUpWithin})`;
}

interface Place {
  at: Column | SQL;
  id: Column | SQL;
}

function inOrder(sort: Sort, { at, id }: Place): SQL {
  return sort === 'newest' ? sql`order by ${at} desc, ${id} desc` : sql`order by ${at}, ${id}`;
}

function after(sort: Sort, cursor: string, place: Place): SQL {
  const { at, id } = decodeCursor(cursor, sort);
  const row = sql`(${place.at}, ${place.id})`;
  return sort === 'newest' ? sql`${row} < (${at}::timestamptz, ${id})` : sql`${row} > (${at}::timestamptz, ${id})`;
}

const inLists: Place = { at: connections.createdAt, id: connections.id };
const inSearch: Place = { at: connectionSearch.createdAt, id: connectionSearch.connectionId };

const joinSearch = sql`join ${connectionSearch} on ${connectionSearch.personId} = ${connections.personId}
  and ${connectionSearch.connectionId} = ${connections.id}`;
const joinPeople = sql`join ${people} on ${people.id} = ${connections.personId} and ${people.deletedAt} is null`;

/** A search by itself, or within providers, reads the table of search texts only; with more, `connections` leads. */
function isSearchAlone({ query, provider: _, ...more }: ConnectionFilter): boolean {
  return query !== undefined && query !== '' && Object.values(more).every((value) => value === undefined);
}

/**
 * The statement that finds the rows of a filter within the caller's reach: `person_id`, `id` and `created_at` of
 * connections, no more of them than the extent says. It reads no more columns, so that an index can lead: an ordered
 * request walks in order, and a rare value is looked up first.
 * @param reach from `connectionsInReach`
 * @throws AppError `invalid_request` for a cursor of another list
 */
export async function findConnections(
  { database, providers }: Pick<Context, 'database' | 'providers'>,
  reach: Reach,
  filter: ConnectionFilter,
  extent: Extent,
): Promise<SQL> {
  const exact = whole(filter.query);
  const search = filter.query && !exact ? contains(connectionSearch.text, filter.query) : undefined;
  const alone = search !== undefined && isSearchAlone(filter);
  const [table, place] = alone ? [connectionSearch, inSearch] : [connections, inLists];
  const { sort, cursor, limit } = extent;
  const application = ofApplication(reach, filter);
  const condition = and(
    reach.providers ? inArray(table.provider, [...reach.providers]) : undefined,
    reach.applicationId !== null ? isOfItsPeople(table.personId, reach.applicationId) : undefined,
    application && sql`${table.personId} in (select ${people.id} from ${people} where ${application})`,
    filter.provider ? eq(table.provider, filter.provider) : undefined,
    filter.personId ? eq(connections.personId, filter.personId) : undefined,
    filter.issuer ? eq(people.issuer, filter.issuer) : undefined,
    filter.subject ? eq(people.subject, filter.subject) : undefined,
    filter.email ? sql`lower(${people.email}) = lower(${filter.email})` : undefined,
    filter.concern ? withConcern({ providers }, filter.concern) : undefined,
    exact,
    search,
    sort && cursor ? after(sort, cursor, place) : undefined,
  );
  const joins = [search && !alone ? [joinSearch] : [], filter.issuer || filter.email ? [joinPeople] : []].flat();
  const states = filter.status ? withStatus(filter.status, await standingFreezes(database.db)) : [sql`true`];
  const parts = states.map(
    (state) => sql`(select ${table.personId} as person_id, ${place.id} as id, ${place.at} as created_at
      from ${sql.join([sql`${table}`, ...joins], sql` `)}
      where ${and(state, condition)} ${sort ? inOrder(sort, place) : sql``} limit ${limit})`,
  );
  const order = sort ? inOrder(sort, { at: sql`created_at`, id: sql`id` }) : sql``;
  return sql`select person_id, id, created_at from (${sql.join(parts, sql` union all `)}) as found ${order} limit ${limit}`;
}
