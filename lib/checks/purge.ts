import { and, inArray, lt, notInArray, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { checkResults, checkRuns } from '#lib/db/schema/checks';
import { providerMetadata } from '#lib/db/schema/provider-metadata';

/** The most results of one check of one provider that are kept: a daily one for a year, and some by hand. */
const mostOfEach = 600;

/** The most changes of one server's metadata that are kept: a server may announce something else at each look. */
const mostChanges = 100;

/** The metadata that the hub goes by stays, however old it is. */
async function purgeMetadata(db: Db): Promise<void> {
  const { id } = providerMetadata;
  const surplus = sql`(select id from (select id, row_number() over (partition by provider, issuer order by id desc)
    as place from provider_metadata) placed where place > ${mostChanges}::int)`;
  const accepted = sql`(select max(id) from provider_metadata where accepted_at is not null group by provider, issuer)`;
  await deleteInPages(db, providerMetadata, and(inArray(id, surplus), notInArray(id, accepted)));
}

/** Removes results that are older than a year and a month, and the oldest of checks that were begun very often. */
export async function purgeChecks({ database: { db } }: Pick<Context, 'database'>): Promise<void> {
  await deleteInPages(db, checkResults, lt(checkResults.at, sql`now() - interval '400 days'`));
  await deleteInPages(db, checkRuns, lt(checkRuns.startedAt, sql`now() - interval '400 days'`));
  const surplus = sql`(select id from (select id, row_number() over (partition by check_id, provider
    order by at desc, id desc) as place from check_results) placed where place > ${mostOfEach}::int)`;
  await deleteInPages(db, checkResults, inArray(checkResults.id, surplus));
  await purgeMetadata(db);
}
