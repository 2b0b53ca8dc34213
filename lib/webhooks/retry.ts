import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { webhookDeliveries } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';
import { attemptDelivery, type Claimed, claimSeconds, type Endpoint } from '#lib/webhooks/attempt';
import { bodyOf, itsPerson } from '#lib/webhooks/body';
import { loadEndpoint, type WebhookId, webhookId } from '#lib/webhooks/endpoint';
import type { Sent } from '#lib/webhooks/send';

export const retryDeliveryInput = z.object({
  id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER),
});
export type RetryDeliveryInput = z.input<typeof retryDeliveryInput>;

function requireOn({ disabledAt }: Endpoint): void {
  if (disabledAt) throw new AppError('conflict', { message: 'The webhook is off. Switch it on first.' });
}

/**
 * Sends a message once more at once, whether it was given up, dropped or still waits for its turn, and answers how it
 * went. The same message with the same id: a receiver that has it knows it again.
 * @throws AppError `forbidden`, `not_found`, `conflict` where it was taken or the endpoint is off
 */
export async function retryDelivery(ctx: Context, input: RetryDeliveryInput): Promise<Sent> {
  requireAdministrator(ctx);
  const { id } = parseInput(retryDeliveryInput, input);
  const { db } = ctx.database;
  const [row] = await db
    .select({ endpointId: webhookDeliveries.endpointId })
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.id, id));
  if (!row) throw new AppError('not_found');
  const endpoint = await loadEndpoint(ctx, row.endpointId);
  requireOn(endpoint);
  const now = await databaseNow(db);
  const claimed = await transactAs(ctx, async (tx) => {
    const [one] = rowsOf<Claimed>(
      await tx.execute(sql`
        update webhook_deliveries d set state = 'pending', finished_at = null, attempts = d.attempts + 1,
          next_attempt_at = ${now.toISOString()}::timestamptz + make_interval(secs => ${claimSeconds}::float8)
        from webhook_messages m ${itsPerson} where d.id = ${id} and m.id = d.message_id and d.state <> 'delivered'
        returning d.id, d.attempts, d.created_at, d.message_id, ${bodyOf} as payload`),
    );
    if (!one) throw new AppError('conflict', { message: 'The receiver took it meanwhile.' });
    await record(tx, ctx, { action: 'webhook.changed', details: { webhook: endpoint.id, retried: 1 } });
    return one;
  });
  return attemptDelivery(ctx, endpoint, claimed, { now });
}

/**
 * Puts every message to an endpoint that was given up on its way again, for one more attempt with the next tick, and
 * answers how many.
 * @throws AppError `forbidden`, `not_found`, `conflict` where the endpoint is off
 */
export async function retryFailed(ctx: Context, input: WebhookId): Promise<number> {
  requireAdministrator(ctx);
  const { id } = parseInput(webhookId, input);
  requireOn(await loadEndpoint(ctx, id));
  return transactAs(ctx, async (tx) => {
    const again = await tx
      .update(webhookDeliveries)
      .set({ state: 'pending', finishedAt: null, nextAttemptAt: sql`clock_timestamp()` })
      .where(and(eq(webhookDeliveries.endpointId, id), eq(webhookDeliveries.state, 'failed')))
      .returning({ id: webhookDeliveries.id });
    if (again.length === 0) return 0;
    await record(tx, ctx, { action: 'webhook.changed', details: { webhook: id, retried: again.length } });
    return again.length;
  });
}
