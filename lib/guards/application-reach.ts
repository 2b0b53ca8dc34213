import { type Column, type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import type { ApiKeyActor } from '#lib/guards/require-api-key';

/** True, in SQL, for rows of the people of this application. @param personId the column that names the person */
export function isOfItsPeople(personId: Column, applicationId: string): SQL {
  return sql`exists (select 1 from ${people} as its where its.id = ${personId} and its.application_id = ${applicationId})`;
}

/** True where a key may see what a person has: every key, unless it belongs to an application that is not the person's. */
export async function keyCoversPerson(ctx: Context, key: ApiKeyActor, personId: string): Promise<boolean> {
  if (key.applicationId === null) return true;
  const [row] = await ctx.database.db
    .select({ of: people.applicationId })
    .from(people)
    .where(sql`${people.id} = ${personId}`);
  return row?.of === key.applicationId;
}
