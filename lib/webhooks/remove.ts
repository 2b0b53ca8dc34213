import { eq } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';
import { type WebhookId, webhookId } from '#lib/webhooks/endpoint';
import { requireFreshManager } from '#lib/webhooks/require-manager';

/**
 * Removes an endpoint with its log.
 * @throws AppError `forbidden`, `not_found`
 */
export async function removeWebhook(ctx: Context, input: WebhookId): Promise<void> {
  await requireFreshManager(ctx);
  const { id } = parseInput(webhookId, input);
  await transactAs(ctx, async (tx) => {
    const removed = await tx
      .delete(webhookEndpoints)
      .where(eq(webhookEndpoints.id, id))
      .returning({ id: webhookEndpoints.id });
    if (removed.length === 0) throw new AppError('not_found');
    await record(tx, ctx, { action: 'webhook.removed', details: { webhook: id } });
  });
}
