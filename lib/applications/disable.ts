import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { getApplication } from '#lib/applications/get';
import { requireFreshManager } from '#lib/applications/require-manager';
import type { ApplicationView } from '#lib/applications/views';
import type { Context } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export const disableApplicationInput = z.object({ id: z.string().max(64), reason: reasonText });
export type DisableApplicationInput = z.input<typeof disableApplicationInput>;

async function setDisabled(ctx: Context, input: DisableApplicationInput, disabled: boolean): Promise<ApplicationView> {
  // A key that fails or leaks must not undo what an administrator decided.
  if (!disabled) requireAdministrator(ctx);
  const proof = await requireFreshManager(ctx);
  const { id, reason } = parseInput(disableApplicationInput, input);
  await transactAs(ctx, async (tx) => {
    // Transactions of its keys hold this row for share (`transact-as.ts`): each ends before, or sees the end.
    const [row] = await tx
      .select({ disabledAt: applications.disabledAt })
      .from(applications)
      .where(eq(applications.id, id))
      .for('update');
    if (!row) throw new AppError('not_found');
    if ((row.disabledAt !== null) === disabled) return;
    await tx
      .update(applications)
      .set({ disabledAt: disabled ? sql`now()` : null })
      .where(eq(applications.id, id));
    const action = disabled ? 'application.disabled' : 'application.enabled';
    await record(tx, ctx, { action, details: { application: id, reason, ...proof } });
  });
  return getApplication(ctx, { id });
}

/**
 * Stops an application: from the next call on its keys are of no use, and it connects no account. Connections of its
 * people stay, and are refreshed, until they are revoked. Doing it again changes and records nothing.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`, `step_up_required`, `invalid_request`, `not_found`
 */
export function disableApplication(ctx: Context, input: DisableApplicationInput): Promise<ApplicationView> {
  return setDisabled(ctx, input, true);
}

/**
 * Lets an application go on, with the keys that it has.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`
 */
export function enableApplication(ctx: Context, input: DisableApplicationInput): Promise<ApplicationView> {
  return setDisabled(ctx, input, false);
}
