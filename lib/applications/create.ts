import { z } from 'zod';
import { actorId } from '#lib/actor';
import { applicationFields, assertProviders } from '#lib/applications/details';
import { ownColumns, toApplicationView } from '#lib/applications/read-views';
import { requireFreshManager } from '#lib/applications/require-manager';
import { toDetails } from '#lib/applications/to-details';
import type { ApplicationView } from '#lib/applications/views';
import type { Context } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

export const createApplicationInput = z.object({
  ...applicationFields,
  providers: applicationFields.providers.default(null),
  scopes: applicationFields.scopes.default({}),
});
export type CreateApplicationInput = z.input<typeof createApplicationInput>;

/**
 * Registers an application. Its people may connect accounts through it. Needs a sign-in of the last minutes: its return
 * addresses decide where people and their codes are led.
 * @throws AppError `unauthenticated`, `forbidden` unless an administrator or our own command line asks,
 *   `step_up_required`, `invalid_request`
 */
export async function createApplication(ctx: Context, input: CreateApplicationInput): Promise<ApplicationView> {
  const proof = await requireFreshManager(ctx);
  const given = parseInput(createApplicationInput, input);
  assertProviders(ctx, given);
  const row = await transactAs(ctx, async (tx) => {
    const [made] = await tx
      .insert(applications)
      .values({ ...given, id: newId('app'), createdBy: actorId(ctx.actor) ?? '' })
      .returning(ownColumns);
    if (!made) throw new AppError('internal');
    await record(tx, ctx, {
      action: 'application.created',
      details: { application: made.id, ...toDetails(made), ...proof },
    });
    return made;
  });
  return toApplicationView({ ...row, keys: 0, people: 0, connections: 0 });
}
