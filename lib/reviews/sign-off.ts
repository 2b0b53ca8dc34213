import { hash } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { type Findings, reviews } from '#lib/db/schema/reviews';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { canonicalJson } from '#lib/ledger/canonical';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { reviewInput } from '#lib/reviews/compute-findings';
import { type Clock, isOpen } from '#lib/reviews/open-reviews';
import { transactAs } from '#lib/sign-in/transact-as';

export const signOffInput = reviewInput.extend({
  /** When the findings were computed that the reviewer saw: others are not signed off in their name. */
  findingsAt: z.coerce.date(),
  /** What was done about the findings. It stays with the review; the ledger has its digest. */
  note: z.string().trim().min(1, 'say what you did').max(2000),
});
export type SignOffInput = z.input<typeof signOffInput>;

/** Older findings say nothing of today. */
export const freshHours = 24;

/** SHA-256 of findings in canonical JSON, hexadecimal: the ledger has it, so that they cannot be replaced unseen. */
const findingsDigest = (findings: Findings): string => hash('sha256', canonicalJson(findings), 'hex');
export const noteDigest = (note: string): string => hash('sha256', note, 'hex');

const refused = (message: string) => new AppError('conflict', { message });

/**
 * Signs a review off, with its entry in the ledger.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `not_found`; `conflict` where
 *   the review is closed, or its findings are absent, older than a day, or others than the reviewer saw
 */
export async function signOffReview(ctx: Context, input: SignOffInput, { now }: Clock = {}): Promise<void> {
  requireAdministrator(ctx);
  const { id, findingsAt, note } = parseInput(signOffInput, input);
  const by = actorId(ctx.actor) ?? '';
  await transactAs(ctx, async (tx) => {
    const at = now ?? (await databaseNow(tx));
    const [row] = await tx.select().from(reviews).where(eq(reviews.id, id)).for('update');
    if (!row) throw new AppError('not_found');
    if (row.signedOffAt || row.missedAt) throw refused('This review is closed.');
    if (!row.findings || !row.findingsAt) throw refused('This review has no findings yet. Compute them first.');
    const age = at.getTime() - row.findingsAt.getTime();
    if (age < 0 || age > freshHours * 3_600_000)
      throw refused('The findings are older than a day. Compute them again, and look at them.');
    if (row.findingsAt.getTime() !== findingsAt.getTime())
      throw refused('The findings were computed again meanwhile. Look at the new ones.');
    await tx
      .update(reviews)
      .set({ signedOffAt: at, signedOffBy: by, note, mailDueAt: null })
      .where(and(eq(reviews.id, id), isOpen));
    const of = (result: string) => row.findings?.items.filter((one) => one.result === result).length ?? 0;
    await record(tx, ctx, {
      action: 'review.signed_off',
      details: {
        review: id,
        task: row.task,
        due_at: row.dueAt.toISOString(),
        late: at > row.dueAt,
        attention: of('attention'),
        unknown: of('unknown'),
        fine: of('fine'),
        findings_sha256: findingsDigest(row.findings),
        note_sha256: noteDigest(note),
      },
    });
  });
}
