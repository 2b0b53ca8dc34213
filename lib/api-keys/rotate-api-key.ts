import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { apiKeyPrefix, generateApiKey } from '#lib/api-keys/key-format';
import { applicationDetails } from '#lib/api-keys/of-application';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { hashSecret, newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

/** The longest time that both keys are accepted, in hours. */
export const longestOverlapHours = 720;

export const rotateApiKeyInput = z.object({
  id: z.string().min(1).max(64),
  /** For so long the old key is accepted beside the new one; 0 ends it at once. */
  overlapHours: z.int().min(0).max(longestOverlapHours).default(24),
});
export type RotateApiKeyInput = z.input<typeof rotateApiKeyInput>;

/**
 * Makes a key in the place of another, with the same name, application, scopes, limits and length of life, and lets the old one end after the
 * overlap. The networks that the old one was used from are known of the new one. A frozen key is not rotated: the new one
 * would pass the freeze by.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`, `conflict` for a key that is
 *   not accepted any more, is frozen, or was rotated before
 */
export async function rotateApiKey(
  ctx: Context,
  input: RotateApiKeyInput,
): Promise<{ key: string; apiKey: ApiKeyView; old: ApiKeyView }> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const { id, overlapHours } = parseInput(rotateApiKeyInput, input);
  const key = generateApiKey();
  const made = await transactAs(ctx, async (tx) => {
    // Locked by a statement of its own: the next one sees the freeze that this one waited for.
    await tx.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id)).for('update');
    const [before] = await tx.select(apiKeyColumns).from(apiKeys).where(eq(apiKeys.id, id));
    if (!before) throw new AppError('not_found');
    if (before.status !== 'active')
      throw new AppError('conflict', { message: 'This API key is not accepted any more.' });
    if (before.frozen) throw new AppError('conflict', { message: 'This API key is frozen. Thaw it first.' });
    const [newer] = await tx
      .select({ id: apiKeys.id })
      .from(apiKeys)
      .where(and(eq(apiKeys.replaces, id), isNull(apiKeys.revokedAt)));
    if (newer) throw new AppError('conflict', { message: `This API key was rotated before: ${newer.id} replaces it.` });
    const life = before.expiresAt ? before.expiresAt.getTime() - before.createdAt.getTime() : null;
    const [apiKey] = await tx
      .insert(apiKeys)
      .values({
        id: newId('key'),
        name: before.name,
        purpose: before.purpose,
        owner: before.owner,
        prefix: apiKeyPrefix(key),
        keyHash: hashSecret(key),
        scopes: before.scopes,
        providers: before.providers,
        ipRanges: before.ipRanges,
        ipRule: before.ipRule,
        applicationId: before.applicationId,
        expiresAt: life === null ? null : sql`clock_timestamp() + make_interval(secs => ${life / 1000}::float8)`,
        replaces: id,
        createdBy: actorId(ctx.actor) ?? '',
      })
      .returning(apiKeyColumns);
    const [old] = await tx
      .update(apiKeys)
      .set({
        expiresAt: sql`least(${apiKeys.expiresAt}, clock_timestamp() + make_interval(hours => ${overlapHours}::int))`,
      })
      .where(eq(apiKeys.id, id))
      .returning(apiKeyColumns);
    if (!apiKey || !old) throw new AppError('internal');
    await tx.execute(sql`insert into key_networks (api_key_id, network, first_seen_at, last_seen_at, reads)
      select ${apiKey.id}, network, first_seen_at, last_seen_at, 0 from key_networks where api_key_id = ${id}`);
    const until = { expires_at: old.expiresAt?.toISOString() ?? null, overlap_hours: overlapHours };
    await record(tx, ctx, {
      action: 'api_key.rotated',
      apiKeyId: id,
      details: { replaced_by: apiKey.id, ...until, step_up: proof },
    });
    await record(tx, ctx, {
      action: 'api_key.created',
      apiKeyId: apiKey.id,
      details: {
        replaces: id,
        scopes: apiKey.scopes,
        providers: apiKey.providers,
        ...applicationDetails(apiKey),
        expires_at: apiKey.expiresAt?.toISOString() ?? null,
        step_up: proof,
      },
    });
    return { apiKey, old };
  });
  return { key, ...made };
}
