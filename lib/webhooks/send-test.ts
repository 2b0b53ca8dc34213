import type { Context } from '#lib/context';
import { newId } from '#lib/ids';
import { parseInput } from '#lib/parse-input';
import { loadEndpoint, type WebhookId, webhookId } from '#lib/webhooks/endpoint';
import { requireWebhookManager } from '#lib/webhooks/require-manager';
import { type Sent, sendMessage } from '#lib/webhooks/send';

/**
 * Sends a message that tells of nothing, once and at once, also to an endpoint that is off, and answers how it went.
 * @throws AppError `forbidden`, `not_found`
 */
export async function testWebhook(ctx: Context, input: WebhookId): Promise<Sent> {
  requireWebhookManager(ctx);
  const { id } = parseInput(webhookId, input);
  const endpoint = await loadEndpoint(ctx, id);
  const at = ctx.now();
  const body = JSON.stringify({ type: 'webhook.test', timestamp: at.toISOString(), data: { webhook: id } });
  return sendMessage(ctx, endpoint, { id: `msg_${newId('test')}`, body }, at);
}
