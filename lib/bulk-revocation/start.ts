import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { waitingOf } from '#lib/bulk-revocation/criteria';
import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { cutShort } from '#lib/connect-sessions/cut-short';
import { expireConnectSessions } from '#lib/connect-sessions/expire';
import { type Context, inBackground } from '#lib/context';
import { bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { workRevocations } from '#lib/revocation/work-revocations';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

export const startBulkInput = z.object({
  id: z.string().max(64),
  reason: reasonText,
  /** How many the administrator was shown and typed. */
  expected: z.coerce.number().int().positive(),
});
export type StartBulkInput = z.input<typeof startBulkInput>;

/** The part that this process does at once; the jobs of every process go on each minute. */
const firstSeconds = 10;

/**
 * Begins a prepared bulk revocation. Its rows are revoked here within moments. The running processes work them off at
 * their providers; the caller need not wait. Grants that wait for their application and fit end too: they were issued
 * before, and would become connections afterwards.
 * @throws AppError `forbidden`, `step_up_required`, `invalid_request`; `not_found`; `conflict` where it was begun before
 */
export async function startBulkRevocation(ctx: Context, input: StartBulkInput): Promise<void> {
  requireAdministrator(ctx);
  const { id, reason, expected } = parseInput(startBulkInput, input);
  const { proof } = await requireStepUp(ctx);
  await transactAs(ctx, async (tx) => {
    const [begun] = await tx
      .update(bulkRevocations)
      .set({
        state: 'running',
        reason,
        startedBy: actorId(ctx.actor) ?? '',
        requestId: ctx.requestId,
        startedAt: sql`now()`,
      })
      .where(
        and(eq(bulkRevocations.id, id), eq(bulkRevocations.state, 'prepared'), eq(bulkRevocations.total, expected)),
      )
      .returning({ criteria: bulkRevocations.criteria });
    if (!begun) {
      const [known] = await tx
        .select({ id: bulkRevocations.id })
        .from(bulkRevocations)
        .where(eq(bulkRevocations.id, id));
      throw new AppError(known ? 'conflict' : 'not_found');
    }
    const criteria = Object.entries(begun.criteria).map(([name, value]) => `${name}=${value}`);
    const waiting = waitingOf(begun.criteria);
    const held = waiting ? await cutShort(ctx, tx, waiting) : 0;
    await record(tx, ctx, {
      action: 'bulk_revocation.started',
      details: { bulk: id, total: expected, held_grants: held, reason, criteria, step_up: proof },
    });
  });
  inBackground(
    ctx,
    'bulk revocation',
    workBulkRevocations(ctx, { seconds: firstSeconds })
      .then(() => expireConnectSessions(ctx))
      .then(() => workRevocations(ctx, { seconds: firstSeconds })),
  );
}
