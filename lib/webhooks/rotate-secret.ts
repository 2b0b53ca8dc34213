import { and, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';
import { loadEndpoint, type WebhookId, webhookId } from '#lib/webhooks/endpoint';
import { requireFreshManager } from '#lib/webhooks/require-manager';
import { newWebhookSecret, overlapHours, secretPlace } from '#lib/webhooks/secret';

/**
 * Gives an endpoint a new secret. The one before goes on for a day: messages carry both signatures until then.
 * @throws AppError `forbidden`, `not_found`, `conflict` where another rotation came between
 */
export async function rotateWebhookSecret(
  ctx: Context,
  input: WebhookId,
): Promise<{ secret: string; previousUntil: Date }> {
  await requireFreshManager(ctx);
  const { id } = parseInput(webhookId, input);
  const row = await loadEndpoint(ctx, id);
  const secret = newWebhookSecret();
  const sealed = await ctx.vault.seal(secret, secretPlace(id));
  return transactAs(ctx, async (tx) => {
    const [rotated] = await tx
      .update(webhookEndpoints)
      .set({
        secret: sealed,
        previousSecret: row.secret,
        previousUntil: sql`clock_timestamp() + make_interval(hours => ${overlapHours}::int)`,
      })
      .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.secret, row.secret)))
      .returning({ previousUntil: webhookEndpoints.previousUntil });
    if (!rotated?.previousUntil) throw new AppError('conflict');
    await record(tx, ctx, { action: 'webhook.changed', details: { webhook: id, secret_rotated: true } });
    return { secret, previousUntil: rotated.previousUntil };
  });
}
