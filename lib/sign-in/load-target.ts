import { and, eq, isNull } from 'drizzle-orm';
import type { Role } from '#lib/context';
import type { Db } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { effectiveRole } from '#lib/sign-in/effective-role';

/** The person that something is done to. */
export interface Target {
  /** The role that counts, and the one that was given here. */
  role: Role;
  ownRole: Role;
  adminByConfig: boolean;
  disabledAt: Date | null;
  /** The application that knows them; null: they sign in to the hub. */
  applicationId: string | null;
}

/** The person that a change is about; the row stays locked until the transaction ends. @throws AppError `not_found` */
export async function loadTarget(tx: Db, id: string): Promise<Target> {
  const [row] = await tx
    .select({
      role: effectiveRole,
      ownRole: people.role,
      adminByConfig: people.adminByConfig,
      disabledAt: people.disabledAt,
      applicationId: people.applicationId,
    })
    .from(people)
    .where(and(eq(people.id, id), isNull(people.deletedAt)))
    .for('update');
  if (!row) throw new AppError('not_found');
  return row;
}
