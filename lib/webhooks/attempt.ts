import { and, eq } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { webhookAttempts, webhookDeliveries, type webhookEndpoints } from '#lib/db/schema/webhooks';
import { record } from '#lib/ledger/record';
import { planNext } from '#lib/webhooks/plan-next';
import { type Sent, sendMessage } from '#lib/webhooks/send';
import { switchOff } from '#lib/webhooks/switch-off';

/** Longer than an attempt takes: the attempt of a dead process is made again then. */
export const claimSeconds = 60;

export type Endpoint = typeof webhookEndpoints.$inferSelect;

/** A delivery that no other process tries for so long, with the attempt that is about to be made already counted. */
export interface Claimed extends Record<string, unknown> {
  /** Text from a server, which has no other form for so wide a number. */
  id: number | string;
  attempts: number;
  created_at: Date | string;
  message_id: string;
  payload: string;
}

const accepted = ({ status }: Sent) => status !== null && status >= 200 && status < 300;

/** Writes down how an attempt went and what comes of it. An endpoint that answers 410 is gone for good. */
async function finish(ctx: Context, endpoint: Endpoint, claimed: Claimed, sent: Sent, now: Date): Promise<void> {
  const { status, code, durationMs, retryAfterSeconds } = sent;
  const deliveryId = Number(claimed.id);
  const created = new Date(claimed.created_at);
  const next = accepted(sent) || status === 410 ? null : planNext(created, claimed.attempts, now, retryAfterSeconds);
  const outcome =
    next === null
      ? { state: accepted(sent) ? ('delivered' as const) : ('failed' as const), finishedAt: now }
      : { nextAttemptAt: next };
  await withTransaction(ctx.database.db, async (tx) => {
    const kept = await tx
      .update(webhookDeliveries)
      .set(outcome)
      .where(and(eq(webhookDeliveries.id, deliveryId), eq(webhookDeliveries.state, 'pending')))
      .returning({ id: webhookDeliveries.id });
    // Its endpoint was switched off or removed meanwhile, with its log.
    if (kept.length === 0) return;
    await tx.insert(webhookAttempts).values({ deliveryId, at: now, status, code, durationMs });
    if (status === 410 && (await switchOff(tx, endpoint.id, 'gone', now))) {
      const details = { webhook: endpoint.id, disabled: true, gone: true };
      await record(tx, ctx, { action: 'webhook.changed', details });
    }
  });
}

/** Sends a claimed delivery once, writes down how it went, and answers it. */
export async function attemptDelivery(
  ctx: Context,
  endpoint: Endpoint,
  claimed: Claimed,
  { now, signal }: { now: Date; signal?: AbortSignal | undefined },
): Promise<Sent> {
  const sent = await sendMessage(ctx, endpoint, { id: claimed.message_id, body: claimed.payload }, now, signal);
  // Broken off: its claim ends within a minute, and another process sends it.
  if (sent.status === null && signal?.aborted) return sent;
  await finish(ctx, endpoint, claimed, sent, now);
  return sent;
}
