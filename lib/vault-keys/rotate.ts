import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { requireStepUp } from '#lib/sign-in/step-up';
import { assertStillActs } from '#lib/sign-in/transact-as';
import { KeyServiceDown } from '#lib/vault/root';
import { learnDataKeys, makeDataKey } from '#lib/vault-keys/data-keys';

/**
 * Makes a new data key. It seals as soon as every running process holds it, which takes a minute at most; stored values
 * stay under the older keys until `beginReseal`.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `key_service_unavailable`
 */
export async function rotateVaultKey(ctx: Context): Promise<{ key: string; seals: boolean }> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const before = ctx.vault.sealsWith() ?? null;
  try {
    const key = await makeDataKey(ctx, {
      alsoIn: async (tx, kid) => {
        await assertStillActs(tx, ctx);
        await record(tx, ctx, { action: 'vault.key_rotated', details: { key: kid, before, step_up: proof } });
      },
    });
    if (key === undefined) throw new AppError('conflict');
    await learnDataKeys(ctx);
    return { key, seals: ctx.vault.sealsWith() === key };
  } catch (error) {
    if (!(error instanceof KeyServiceDown)) throw error;
    throw new AppError('key_service_unavailable', { cause: error, retryAfterSeconds: 30 });
  }
}
