import { isDeepStrictEqual } from 'node:util';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { applicationFields, assertProviders } from '#lib/applications/details';
import { getApplication } from '#lib/applications/get';
import { ownColumns } from '#lib/applications/read-views';
import { requireFreshManager } from '#lib/applications/require-manager';
import { toDetails } from '#lib/applications/to-details';
import type { ApplicationView } from '#lib/applications/views';
import type { Context } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

/** A field that is absent stays as it is. */
export const changeApplicationInput = z.object({
  id: z.string().max(64),
  ...z.object(applicationFields).partial().shape,
});
export type ChangeApplicationInput = z.input<typeof changeApplicationInput>;

const fields = ['name', 'contact', 'returnUrls', 'providers', 'scopes'] as const;

/**
 * Changes an application, effective at its next call. The ledger says which fields changed and the new addresses, providers
 * and scopes. Needs a sign-in of the last minutes: another return address leads people elsewhere.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`, `step_up_required`, `invalid_request`, `not_found`
 */
export async function changeApplication(ctx: Context, input: ChangeApplicationInput): Promise<ApplicationView> {
  const proof = await requireFreshManager(ctx);
  const { id, ...given } = parseInput(changeApplicationInput, input);
  await transactAs(ctx, async (tx) => {
    const [before] = await tx.select(ownColumns).from(applications).where(eq(applications.id, id)).for('update');
    if (!before) throw new AppError('not_found');
    const changed = fields.filter(
      (field) => given[field] !== undefined && !isDeepStrictEqual(given[field], before[field]),
    );
    if (changed.length === 0) return;
    const after = { ...before, ...given };
    // A provider that was taken out of the configuration is no reason to refuse another name.
    if (changed.includes('providers') || changed.includes('scopes')) assertProviders(ctx, after);
    const values = Object.fromEntries(changed.map((field) => [field, after[field]]));
    await tx.update(applications).set(values).where(eq(applications.id, id));
    const details = { application: id, changed, ...toDetails(values), ...proof };
    await record(tx, ctx, { action: 'application.changed', details });
  });
  return getApplication(ctx, { id });
}
