import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { deliveryStates, webhookAttempts, webhookDeliveries, webhookMessages } from '#lib/db/schema/webhooks';
import { requireReader } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import type { DeliveryView } from '#lib/webhooks/views';

export const listDeliveriesInput = z.object({
  webhook: z.string().max(64),
  state: z.enum(deliveryStates).optional(),
  /** The id of the last delivery of the page before. */
  before: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});

/**
 * The delivery log of an endpoint, newest first, with the outcome of each last attempt.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function listDeliveries(
  ctx: Context,
  input: z.input<typeof listDeliveriesInput>,
): Promise<{ items: DeliveryView[]; nextBefore: number | null }> {
  requireReader(ctx);
  const { webhook, state, before, limit } = parseInput(listDeliveriesInput, input);
  const last = ctx.database.db
    .selectDistinctOn([webhookAttempts.deliveryId], {
      deliveryId: webhookAttempts.deliveryId,
      status: webhookAttempts.status,
      code: webhookAttempts.code,
      at: webhookAttempts.at,
    })
    .from(webhookAttempts)
    .where(eq(webhookAttempts.deliveryId, webhookDeliveries.id))
    .orderBy(webhookAttempts.deliveryId, desc(webhookAttempts.id))
    .as('last');
  const rows = await ctx.database.db
    .select({
      id: webhookDeliveries.id,
      messageId: webhookDeliveries.messageId,
      type: webhookMessages.type,
      subject: webhookDeliveries.subject,
      state: webhookDeliveries.state,
      attempts: webhookDeliveries.attempts,
      createdAt: webhookDeliveries.createdAt,
      nextAttemptAt: webhookDeliveries.nextAttemptAt,
      finishedAt: webhookDeliveries.finishedAt,
      lastStatus: last.status,
      lastCode: last.code,
      lastAttemptAt: last.at,
    })
    .from(webhookDeliveries)
    .innerJoin(webhookMessages, eq(webhookMessages.id, webhookDeliveries.messageId))
    .leftJoinLateral(last, sql`true`)
    .where(
      and(
        eq(webhookDeliveries.endpointId, webhook),
        state ? eq(webhookDeliveries.state, state) : undefined,
        before ? lt(webhookDeliveries.id, before) : undefined,
      ),
    )
    .orderBy(desc(webhookDeliveries.id))
    .limit(limit + 1);
  const items = rows
    .slice(0, limit)
    .map((row) => ({ ...row, nextAttemptAt: row.state === 'pending' ? row.nextAttemptAt : null }));
  return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
