import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';

/**
 * The person may have been disabled or deleted while they were at the provider, or while their grant waited.
 * @throws AppError `not_found`, `person_disabled`
 */
export async function assertPersonLives(tx: Db, personId: string): Promise<void> {
  const [person] = await tx
    .select({ disabledAt: people.disabledAt })
    .from(people)
    .where(and(eq(people.id, personId), isNull(people.deletedAt)))
    .for('share');
  if (!person) throw new AppError('not_found');
  if (person.disabledAt) throw new AppError('person_disabled');
}
