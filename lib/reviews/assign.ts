import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { reviews } from '#lib/db/schema/reviews';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { reviewInput } from '#lib/reviews/compute-findings';
import { isOpen } from '#lib/reviews/open-reviews';
import { effectiveRole } from '#lib/sign-in/effective-role';
import { transactAs } from '#lib/sign-in/transact-as';

export const assignReviewInput = reviewInput.extend({
  /** An administrator's id; empty: no owner. */
  owner: z.string().max(64),
});
export type AssignReviewInput = z.input<typeof assignReviewInput>;

/**
 * Gives a review to an administrator, and with it the later reviews of its task.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request` where the owner is no active
 *   administrator, `not_found`, `conflict` where the review is closed
 */
export async function assignReview(ctx: Context, input: AssignReviewInput): Promise<void> {
  requireAdministrator(ctx);
  const { id, owner } = parseInput(assignReviewInput, input);
  await transactAs(ctx, async (tx) => {
    if (owner !== '') {
      const [person] = await tx
        .select({ role: effectiveRole, disabledAt: people.disabledAt, deletedAt: people.deletedAt })
        .from(people)
        .where(eq(people.id, owner));
      if (person?.role !== 'administrator' || person.disabledAt || person.deletedAt)
        throw new AppError('invalid_request', {
          issues: [{ path: 'owner', message: 'must be an active administrator, who can sign off' }],
        });
    }
    const [row] = await tx
      .update(reviews)
      .set({ owner: owner || null })
      .where(and(eq(reviews.id, id), isOpen))
      .returning({ task: reviews.task });
    if (!row) {
      const [there] = await tx.select({ id: reviews.id }).from(reviews).where(eq(reviews.id, id));
      throw new AppError(there ? 'conflict' : 'not_found');
    }
    await record(tx, ctx, {
      action: 'review.assigned',
      personId: owner || null,
      details: { review: id, task: row.task, owner: owner || null },
    });
  });
}
