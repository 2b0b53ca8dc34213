import { and, arrayContains, desc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { isOwn } from '#lib/guards/is-own';
import { isOfLiveApplication } from '#lib/guards/of-live-application';
import { readsEverything } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';
import { parseInput } from '#lib/parse-input';

/** Days of UTC that are counted, with today. */
const countedDays = 7;
/** Reads that are counted, the newest first. */
const mostReads = 20_000;
const mostServices = 50;

/** A service that read a connection's token lately, or may read it now. */
export interface ServiceUseView {
  /** The id of its API key. */
  id: string;
  name: string;
  /** What it does with accounts, as an administrator wrote it; null: not written. */
  purpose: string | null;
  /** Its key is accepted and covers the provider. */
  mayRead: boolean;
  /** Reads of each of the last seven days of UTC, the oldest first. */
  days: number[];
  lastReadAt: Date | null;
}

/** The services of a connection. `capped`: so many reads that the oldest of the days are not counted. */
export interface ServicesView {
  services: ServiceUseView[];
  capped: boolean;
}

const input = z.object({ id: z.string().max(100) });

/**
 * The services that read a connection's token in the last seven days or may read it now, the last reader first.
 * @throws AppError `invalid_request`, `not_found` also for another person's connection
 */
export async function listServices(ctx: Context, given: z.input<typeof input>): Promise<ServicesView> {
  const { id } = parseInput(input, given);
  const { db } = ctx.database;
  const personId = personOfConnection(id);
  if (!personId) throw new AppError('not_found');
  const [connection] = await db
    .select({ provider: connections.provider, status: connections.status, applicationId: people.applicationId })
    .from(connections)
    .innerJoin(people, eq(people.id, connections.personId))
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  if (!connection || !(isOwn(ctx.actor, personId, connection.provider) || readsEverything(ctx)))
    throw new AppError('not_found');
  const reads = rowsOf<{ key: string; day: number; reads: number; last: Date | string; seen: number }>(
    await db.execute(sql`
      with read as (
        select api_key_id as key, at, count from ledger
        where person_id = ${personId} and connection_id = ${id} and action = 'token.vended' and api_key_id is not null
          and at >= ((now() at time zone 'utc')::date - ${countedDays - 1}::int)::timestamp at time zone 'utc'
        order by at desc limit ${mostReads})
      select key, ((now() at time zone 'utc')::date - (at at time zone 'utc')::date) as day, sum(count)::int as reads,
        max(at) as last, count(*)::int as seen
      from read group by 1, 2`),
  );
  const readers = [...new Set(reads.map(({ key }) => key))];
  const isAccepted = and(
    isNull(apiKeys.revokedAt),
    or(isNull(apiKeys.expiresAt), sql`${apiKeys.expiresAt} > clock_timestamp()`),
    arrayContains(apiKeys.scopes, ['tokens:vend']),
    // A key of another application does not see this person.
    or(isNull(apiKeys.applicationId), eq(apiKeys.applicationId, connection.applicationId ?? '')),
    isOfLiveApplication,
    or(isNull(apiKeys.providers), arrayContains(apiKeys.providers, [connection.provider])),
  );
  const live = connection.status !== 'revoked';
  const keys = await db
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      purpose: apiKeys.purpose,
      mayRead: sql<boolean>`${isAccepted} and ${live}`,
    })
    .from(apiKeys)
    .where(or(readers.length > 0 ? inArray(apiKeys.id, readers) : undefined, live ? isAccepted : sql`false`))
    .orderBy(desc(apiKeys.lastUsedAt), apiKeys.id)
    .limit(mostServices + readers.length);
  const services = keys.map((key): ServiceUseView => {
    const its = reads.filter((row) => row.key === key.id);
    const days = Array.from({ length: countedDays }, (_, n) => {
      const ago = countedDays - 1 - n;
      return its.find(({ day }) => day === ago)?.reads ?? 0;
    });
    const last = Math.max(0, ...its.map((row) => new Date(row.last).getTime()));
    return { ...key, days, lastReadAt: last > 0 ? new Date(last) : null };
  });
  const moment = ({ lastReadAt }: ServiceUseView) => lastReadAt?.getTime() ?? 0;
  return {
    services: services.toSorted((a, b) => moment(b) - moment(a)).slice(0, mostServices),
    capped: reads.reduce((sum, { seen }) => sum + seen, 0) >= mostReads,
  };
}
