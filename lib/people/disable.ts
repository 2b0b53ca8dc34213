import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { requireAdministrator } from '#lib/access/require';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { endSessionsOf } from '#lib/people/sessions';

export interface DisableInput {
  id: string;
  /** Why, for the ledger; at most 300 characters. */
  reason: string;
}

function refuseSelf(ctx: Context, id: string): void {
  if (ctx.actor.type === 'person' && ctx.actor.personId === id) {
    throw new AppError('conflict', { message: 'You cannot do this to yourself. Ask another administrator.' });
  }
}

/**
 * Shuts a person out: their sessions end at the next request and none can begin. Their connections stay.
 * @throws AppError `forbidden`, `not_found`, `conflict` for oneself
 */
export async function disablePerson(ctx: Context, input: DisableInput): Promise<void> {
  requireAdministrator(ctx);
  refuseSelf(ctx, input.id);
  await change(ctx, input, true);
}

/** Lets a disabled person sign in again. @throws AppError `forbidden`, `not_found` */
export async function enablePerson(ctx: Context, input: DisableInput): Promise<void> {
  requireAdministrator(ctx);
  await change(ctx, input, false);
}

async function change(ctx: Context, { id, reason }: DisableInput, disable: boolean): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const changed = await tx
      .update(people)
      .set({ disabledAt: disable ? sql`now()` : null })
      .where(
        and(
          eq(people.id, id),
          isNull(people.deletedAt),
          disable ? isNull(people.disabledAt) : isNotNull(people.disabledAt),
        ),
      )
      .returning({ id: people.id });
    if (changed.length === 0) {
      const [known] = await tx
        .select({ id: people.id })
        .from(people)
        .where(and(eq(people.id, id), isNull(people.deletedAt)));
      if (!known) throw new AppError('not_found');
      return;
    }
    const sessions = disable ? await endSessionsOf(tx, id) : 0;
    await record(tx, ctx, {
      action: disable ? 'person.disabled' : 'person.enabled',
      personId: id,
      details: { reason: reason.slice(0, 300), ...(disable ? { sessions } : {}) },
    });
  });
}
