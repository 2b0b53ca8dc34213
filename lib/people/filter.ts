import { and, eq, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { contains } from '#lib/db/contains';
import { people, type Role, roles } from '#lib/db/schema/people';
import { searchText } from '#lib/search-text';

/** The filters of the list of people. All given ones must hold. */
export const peopleFilter = z.object({
  /** Part of a name or e-mail, a person's whole id, or the whole id by which an application knows them. */
  query: searchText,
  role: z.enum(roles).optional(),
  status: z.enum(['active', 'disabled']).optional(),
  /** Only people of this application. */
  application: z.string().max(64).optional(),
});
export type PeopleFilter = z.output<typeof peopleFilter>;

function matching(query: string | undefined): SQL | undefined {
  if (!query) return undefined;
  if (/^per_[0-9a-z]{16}$/.test(query)) return eq(people.id, query);
  return or(contains(people.searchText, query), eq(people.applicationUser, query));
}

// `effectiveRole` in words that the index of the staff answers.
const withRole: Record<Role, SQL> = {
  user: sql`not ${people.adminByConfig} and ${people.role} = 'user'`,
  auditor: sql`not ${people.adminByConfig} and ${people.role} = 'auditor'`,
  administrator: sql`(${people.adminByConfig} or ${people.role} = 'administrator')`,
};

/** True for the people that the filter means. Deleted people are never among them. */
export function isMeant({ query, role, status, application }: PeopleFilter): SQL | undefined {
  return and(
    isNull(people.deletedAt),
    matching(query),
    application === undefined ? undefined : eq(people.applicationId, application),
    role && withRole[role],
    status && (status === 'disabled' ? isNotNull(people.disabledAt) : isNull(people.disabledAt)),
  );
}
