import { and, eq, lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf, withTransaction } from '#lib/db/database';
import { webhookAttempts, webhookDeliveries, webhookEndpoints, webhookMessages } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { planNext } from '#lib/webhooks/plan-next';
import { type Sent, sendMessage } from '#lib/webhooks/send';

/** Longer than an attempt takes: one whose process died is made again then. */
const claimSeconds = 60;
/** Sent side by side; and to one endpoint at most, so that one that hangs keeps no other waiting. */
const batch = 32;
const batchPerEndpoint = 4;
/** The tick has other work: what is left then is left to the next. */
const budgetMs = 30_000;
const keptDays = 30;

interface Claimed extends Record<string, unknown> {
  id: number;
  attempts: number;
  created_at: Date | string;
  message_id: string;
  payload: string;
  endpoint_id: string;
}

export interface DeliverInput {
  /** Replaces the clock. */
  now?: Date;
}

/** Claims due deliveries by moving their next attempt: any number of processes may be at it. */
async function claim(ctx: Context, now: Date): Promise<Claimed[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  return rowsOf<Claimed>(
    await ctx.database.db.execute(sql`
      with due as (
        select d.id, d.endpoint_id, d.next_attempt_at from webhook_deliveries d
        where d.state = 'pending' and d.next_attempt_at <= ${at}
        order by d.next_attempt_at limit ${batch * 16} for update skip locked),
      chosen as (
        select id from (select id, next_attempt_at,
            row_number() over (partition by endpoint_id order by next_attempt_at, id) as n from due) ranked
        where n <= ${batchPerEndpoint} order by next_attempt_at limit ${batch})
      update webhook_deliveries d
      set attempts = d.attempts + 1, next_attempt_at = ${at} + make_interval(secs => ${claimSeconds}::float8)
      from chosen, webhook_messages m
      where d.id = chosen.id and m.id = d.message_id
      returning d.id, d.attempts, d.created_at, d.message_id, d.endpoint_id, m.payload::text as payload`),
  );
}

const accepted = ({ status }: Sent) => status !== null && status >= 200 && status < 300;

/** An endpoint that answers 410 says that it is gone for good: nothing more is sent to it. */
async function retire(ctx: Context, endpointId: string, now: Date): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const retired = await tx
      .update(webhookEndpoints)
      .set({ disabledAt: now, disabledReason: 'gone' })
      .where(and(eq(webhookEndpoints.id, endpointId), sql`${webhookEndpoints.disabledAt} is null`))
      .returning({ id: webhookEndpoints.id });
    if (retired.length > 0)
      await record(tx, ctx, {
        action: 'webhook.changed',
        code: 'gone',
        details: { webhook: endpointId, disabled: true },
      });
  });
}

async function finish(ctx: Context, claimed: Claimed, sent: Sent, now: Date): Promise<void> {
  const next = accepted(sent)
    ? null
    : planNext(new Date(claimed.created_at), claimed.attempts, now, sent.retryAfterSeconds);
  const over = next === null || sent.status === 410;
  const state = accepted(sent) ? 'delivered' : over ? 'failed' : 'pending';
  await withTransaction(ctx.database.db, async (tx) => {
    const { status, code, durationMs } = sent;
    await tx.insert(webhookAttempts).values({ deliveryId: claimed.id, at: now, status, code, durationMs });
    await tx
      .update(webhookDeliveries)
      .set(over ? { state, finishedAt: now } : { nextAttemptAt: next })
      .where(and(eq(webhookDeliveries.id, claimed.id), eq(webhookDeliveries.state, 'pending')));
  });
  if (sent.status === 410) await retire(ctx, claimed.endpoint_id, now);
}

async function deliverOne(ctx: Context, claimed: Claimed, now: Date): Promise<void> {
  const [endpoint] = await ctx.database.db
    .select()
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.id, claimed.endpoint_id));
  if (!endpoint || endpoint.disabledAt) {
    await ctx.database.db
      .update(webhookDeliveries)
      .set({ state: 'dropped', finishedAt: now })
      .where(eq(webhookDeliveries.id, claimed.id));
    return;
  }
  const message = { id: claimed.message_id, body: claimed.payload };
  await finish(ctx, claimed, await sendMessage(ctx, endpoint, message, now), now);
}

/**
 * Sends what is due. Our rows say what that is; a tick only looks. A message may come twice where a process dies between
 * sending and writing it down: receivers tell by its id (Standard Webhooks, «idempotency»).
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function deliverWebhooks(ctx: Context, { now: given }: DeliverInput = {}): Promise<number> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const begun = performance.now();
  let tried = 0;
  while (performance.now() - begun < budgetMs) {
    const now = given ?? ctx.now();
    const claimed = await claim(ctx, now);
    if (claimed.length === 0) break;
    await Promise.all(claimed.map((one) => deliverOne(ctx, one, now)));
    tried += claimed.length;
  }
  return tried;
}

/** Removes messages of which nothing is left to tell, with their log. */
export async function purgeWebhooks(ctx: Context): Promise<void> {
  await ctx.database.db
    .delete(webhookMessages)
    .where(lt(webhookMessages.createdAt, sql`now() - make_interval(days => ${keptDays}::int)`));
}
