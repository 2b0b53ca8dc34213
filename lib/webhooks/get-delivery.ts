import { and, asc, eq } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { webhookAttempts, webhookDeliveries, webhookMessages } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import type { DeliveryDetailView } from '#lib/webhooks/views';

/** A day of attempts are about a dozen; who retries by hand makes more. */
const mostAttempts = 200;

/**
 * A message's way to an endpoint, with what was sent and how each attempt went.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getDelivery(
  ctx: Context,
  { webhook, id }: { webhook: string; id: string },
): Promise<DeliveryDetailView> {
  requireReader(ctx);
  const { db } = ctx.database;
  const number = Number(id);
  if (!Number.isSafeInteger(number) || number < 1) throw new AppError('not_found');
  const { messageId, state, attempts: tries, createdAt, nextAttemptAt, finishedAt } = webhookDeliveries;
  const [row] = await db
    .select({
      id: webhookDeliveries.id,
      messageId,
      subject: webhookDeliveries.subject,
      state,
      attempts: tries,
      createdAt,
      nextAttemptAt,
      finishedAt,
      type: webhookMessages.type,
      payload: webhookMessages.payload,
    })
    .from(webhookDeliveries)
    .innerJoin(webhookMessages, eq(webhookMessages.id, webhookDeliveries.messageId))
    .where(and(eq(webhookDeliveries.id, number), eq(webhookDeliveries.endpointId, webhook)));
  if (!row) throw new AppError('not_found');
  const { at, status, code, durationMs } = webhookAttempts;
  const log = await db
    .select({ id: webhookAttempts.id, at, status, code, durationMs })
    .from(webhookAttempts)
    .where(eq(webhookAttempts.deliveryId, number))
    .orderBy(asc(webhookAttempts.id))
    .limit(mostAttempts);
  const last = log.at(-1);
  return {
    ...row,
    nextAttemptAt: row.state === 'pending' ? row.nextAttemptAt : null,
    lastStatus: last?.status ?? null,
    lastCode: last?.code ?? null,
    lastAttemptAt: last?.at ?? null,
    log,
  };
}
