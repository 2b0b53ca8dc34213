import { z } from 'zod';
import { actorId } from '#lib/actor';
import { addressDetails, ipRangesText } from '#lib/api-keys/ip-rules';
import { keyDetailFields } from '#lib/api-keys/key-details';
import { apiKeyPrefix, generateApiKey } from '#lib/api-keys/key-format';
import { applicationDetails, assertLive, assertScopesOf } from '#lib/api-keys/of-application';
import { apiKeyColumns } from '#lib/api-keys/read-views';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { apiKeyScopes } from '#lib/db/schema/api-key-scopes';
import { apiKeys } from '#lib/db/schema/api-keys';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { hashSecret, newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

export const createApiKeyInput = z.object({
  ...keyDetailFields,
  scopes: z
    .array(z.enum(apiKeyScopes))
    .min(1, 'must name at least one scope')
    .transform((scopes) => [...new Set(scopes)]),
  providers: z.array(z.string()).min(1, 'must name at least one provider').nullish(),
  expiresAt: z.date().nullish(),
  ipRanges: ipRangesText.nullish(),
  ipRule: z.enum(['deny', 'alert']).default('deny'),
  /** The application that it is for; null: a key that sees everybody. It stays so. */
  applicationId: z.string().max(64).nullish(),
});
export type CreateApiKeyInput = z.input<typeof createApiKeyInput>;

/**
 * Makes an API key for a service, which needs a sign-in of the last minutes: it may read everybody's tokens for long after
 * the session that made it. The key itself is in this answer and nowhere else: only its hash is kept.
 * @throws AppError `forbidden` unless an administrator or our own command line asks, `step_up_required`,
 *   `invalid_request`, `unknown_provider`, `conflict` for a disabled application
 */
export async function createApiKey(
  ctx: Context,
  input: CreateApiKeyInput,
): Promise<{ key: string; apiKey: ApiKeyView }> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const given = parseInput(createApiKeyInput, input);
  const { name, purpose, owner, scopes, providers, expiresAt, ipRanges, ipRule, applicationId = null } = given;
  assertScopesOf(scopes, applicationId);
  for (const provider of providers ?? []) {
    if (!ctx.providers.get(provider)) throw new AppError('unknown_provider');
  }
  if (expiresAt && expiresAt <= ctx.now()) {
    throw new AppError('invalid_request', { issues: [{ path: 'expiresAt', message: 'must lie in the future' }] });
  }
  const key = generateApiKey();
  const apiKey = await transactAs(ctx, async (tx) => {
    if (applicationId !== null) await assertLive(tx, applicationId);
    const [row] = await tx
      .insert(apiKeys)
      .values({
        id: newId('key'),
        name,
        purpose,
        owner,
        prefix: apiKeyPrefix(key),
        keyHash: hashSecret(key),
        scopes,
        providers: providers ? [...new Set(providers)] : null,
        expiresAt: expiresAt ?? null,
        ipRanges: ipRanges ?? null,
        ipRule,
        applicationId,
        createdBy: actorId(ctx.actor) ?? '',
      })
      .returning(apiKeyColumns);
    if (!row) throw new AppError('internal');
    await record(tx, ctx, {
      action: 'api_key.created',
      apiKeyId: row.id,
      details: {
        scopes: row.scopes,
        providers: row.providers,
        ...applicationDetails(row),
        expires_at: row.expiresAt?.toISOString() ?? null,
        ...addressDetails(row),
        step_up: proof,
      },
    });
    return row;
  });
  return { key, apiKey };
}
