import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { refuseOneself, requireAdministrator } from '#lib/access/require';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { endSessionsOf } from '#lib/people/end-session';

export const disablePersonInput = z.object({ id: z.string().max(64), reason: reasonText });
export type DisablePersonInput = z.input<typeof disablePersonInput>;

/**
 * Shuts a person out: their sessions end at the next request and none can begin. Their connections stay.
 * @throws AppError `forbidden`, `not_found`, `invalid_request`, `conflict` for oneself
 */
export async function disablePerson(ctx: Context, input: DisablePersonInput): Promise<void> {
  requireAdministrator(ctx);
  refuseOneself(ctx, input.id);
  await change(ctx, input, true);
}

/** Lets a disabled person sign in again. @throws AppError `forbidden`, `not_found`, `invalid_request` */
export async function enablePerson(ctx: Context, input: DisablePersonInput): Promise<void> {
  requireAdministrator(ctx);
  await change(ctx, input, false);
}

async function change(ctx: Context, input: DisablePersonInput, disable: boolean): Promise<void> {
  const { id, reason } = parseInput(disablePersonInput, input);
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
      details: { reason, ...(disable ? { sessions } : {}) },
    });
  });
}
