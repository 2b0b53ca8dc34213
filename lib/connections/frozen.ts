import { and, eq, isNull, or, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { AppError } from '#lib/errors';

// In a select from one table Drizzle leaves out its name, and `id` alone would be that of the freeze.
const own = (column: string) => sql`${connections}.${sql.identifier(column)}`;

/** True where a freeze stands over the connection: its own, its person's, its provider's, or everything's. */
export const isFrozen = sql<boolean>`exists (select 1 from ${freezes} where ${freezes.liftedAt} is null
  and (${freezes.scope}, ${freezes.target}) in (('everything', ''), ('provider', ${own('provider')}),
    ('person', ${own('person_id')}), ('connection', ${own('id')})))`;

/** True where a freeze stands over this very connection, whatever stands over its person or provider. */
export const isFrozenItself = sql<boolean>`exists (select 1 from ${freezes} where ${freezes.liftedAt} is null
  and ${freezes.scope} = 'connection' and ${freezes.target} = ${own('id')})`;

/**
 * Refuses a connection that is about to be made, while its provider, its person or everything is frozen, or itself
 * where it is to be made anew.
 * @throws AppError `frozen`
 */
export async function assertNotFrozen(
  ctx: Context,
  about: { provider: string; personId: string; connectionId?: string | null },
): Promise<void> {
  const { scope, target } = freezes;
  const [freeze] = await ctx.database.db
    .select({ id: freezes.id })
    .from(freezes)
    .where(
      and(
        isNull(freezes.liftedAt),
        or(
          eq(scope, 'everything'),
          and(eq(scope, 'provider'), eq(target, about.provider)),
          and(eq(scope, 'person'), eq(target, about.personId)),
          about.connectionId ? and(eq(scope, 'connection'), eq(target, about.connectionId)) : undefined,
        ),
      ),
    )
    .limit(1);
  if (freeze) throw new AppError('frozen');
}
