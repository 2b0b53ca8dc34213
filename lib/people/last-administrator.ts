import { and, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';

/**
 * Asserts that an administrator is left who can sign in, after a change in the caller's transaction, which holds
 * the lock `people`. Administrators by ADMIN_EMAILS count only while the variable still names them.
 * @throws AppError `conflict`
 */
export async function assertAdministratorLeft(tx: Db, ctx: Context): Promise<void> {
  const { adminEmails } = ctx.config;
  const named = adminEmails.length > 0 ? inArray(sql`lower(${people.email})`, [...adminEmails]) : sql`false`;
  const [left] = await tx
    .select({ id: people.id })
    .from(people)
    .where(
      and(
        or(eq(people.role, 'administrator'), and(people.adminByConfig, named)),
        isNull(people.disabledAt),
        isNull(people.deletedAt),
      ),
    )
    .limit(1);
  if (!left) {
    throw new AppError('conflict', {
      message: 'The hub would have no administrator then. Make somebody else an administrator first.',
    });
  }
}
