import { type Column, type SQL, sql } from 'drizzle-orm';

/** Columns of `people`, or of an alias of it. */
interface NamedColumns {
  name: Column;
  email: Column;
  applicationId: Column;
  applicationUser: Column;
}

/**
 * The name of a person in lists. That of an application's person is the application's word: it may read like another
 * person's name or address, so the application stands beside it.
 */
export const shownName = ({ name, email, applicationId, applicationUser }: NamedColumns): SQL<string | null> =>
  sql<string | null>`case when ${applicationId} is null then coalesce(${name}, ${email})
    else coalesce(${name}, ${applicationUser}) || ' (through ' ||
      (select its.name from applications its where its.id = ${applicationId}) || ')' end`;
