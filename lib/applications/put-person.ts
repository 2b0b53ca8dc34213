import { sql } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { issuerOfApplication } from '#lib/guards/application-issuer';
import { newPersonId } from '#lib/ids';

/** A person as an application knows them. */
export interface ApplicationUser {
  id: string;
  /** The part of the application that the id is of. */
  tenant?: string | null | undefined;
  /** A name for people to read. */
  label?: string | null | undefined;
}

/** The two ids as one text; a slash within them is written in percent, so that no two people share one. */
export const subjectOfUser = ({ id, tenant }: ApplicationUser): string =>
  [tenant, id]
    .filter((part) => part !== null && part !== undefined)
    .map(encodeURIComponent)
    .join('/');

/**
 * Finds a person of an application by its ids, or makes them, in the caller's transaction. A label that is given takes the
 * place of the one before.
 * @throws AppError `person_disabled`
 */
export async function putPerson(tx: Db, applicationId: string, user: ApplicationUser): Promise<{ id: string }> {
  const label = user.label ?? null;
  const [row] = await tx
    .insert(people)
    .values({
      id: newPersonId(),
      provider: applicationId,
      issuer: issuerOfApplication(applicationId),
      subject: subjectOfUser(user),
      name: label,
      applicationId,
      applicationUser: user.id,
      applicationTenant: user.tenant ?? null,
    })
    .onConflictDoUpdate({
      target: [people.issuer, people.subject],
      targetWhere: sql`${people.deletedAt} is null`,
      set: { name: label === null ? sql`${people.name}` : label },
    })
    .returning({ id: people.id, disabledAt: people.disabledAt });
  if (!row) throw new AppError('internal');
  if (row.disabledAt) throw new AppError('person_disabled');
  return { id: row.id };
}
