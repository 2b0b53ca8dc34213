import { and, eq, lte, type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { webhookDeliveries, webhookEndpoints } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { alertMessages } from '#lib/webhooks/announce';
import { attemptDelivery, type Claimed, claimSeconds, type Endpoint } from '#lib/webhooks/attempt';
import { bodyOf, itsPerson } from '#lib/webhooks/body';

/** Sent side by side to one endpoint; endpoints wait for no other, so one that hangs delays only itself. */
const sideBySide = 8;
/** The next tick sends the rest. */
const budgetSeconds = 30;

export interface DeliverInput {
  /** Replaces the database's clock. */
  now?: Date;
  /** Begins nothing new after so many seconds. */
  seconds?: number;
  /** Ends it early: attempts under way are broken off and tried again within a minute. */
  signal?: AbortSignal | undefined;
}

/**
 * Alerts before everything else: behind the news of a hundred thousand connections that somebody has just revoked, the
 * alert that says so would come when it is of no use.
 */
const kinds = { alerts: sql`and starts_with(d.message_id, ${alertMessages})`, all: sql`` };

/**
 * Claims due deliveries by moving their next attempt: any number of processes may be at it. A message waits for earlier
 * ones about the same connection or alert, so that a receiver sees events in their order.
 */
async function claim(ctx: Context, { id }: Endpoint, kind: SQL, now: Date): Promise<Claimed[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  return rowsOf<Claimed>(
    await ctx.database.db.execute(sql`
      with due as (
        select d.id from webhook_deliveries d
        where d.endpoint_id = ${id} and d.state = 'pending' and d.next_attempt_at <= ${at} ${kind}
          and (d.subject is null or not exists (select 1 from webhook_deliveries before
            where before.endpoint_id = d.endpoint_id and before.subject = d.subject and before.state = 'pending'
              and before.id < d.id))
        order by d.next_attempt_at, d.id limit ${sideBySide} for update skip locked)
      update webhook_deliveries d
      set attempts = d.attempts + 1, next_attempt_at = ${at} + make_interval(secs => ${claimSeconds}::float8)
      from due, webhook_messages m ${itsPerson}
      where d.id = due.id and m.id = d.message_id
      returning d.id, d.attempts, d.created_at, d.message_id, ${bodyOf} as payload`),
  );
}

/** Works off the due messages of one kind at one endpoint. */
async function deliverTo(
  ctx: Context,
  endpointId: string,
  kind: SQL,
  { now: given, signal }: DeliverInput,
  over: () => boolean,
): Promise<number> {
  let tried = 0;
  while (!over()) {
    const [endpoint] = await ctx.database.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, endpointId));
    if (!endpoint || endpoint.disabledAt) break;
    const now = given ?? (await databaseNow(ctx.database.db));
    const claimed = await claim(ctx, endpoint, kind, now);
    if (claimed.length === 0) break;
    await Promise.all(claimed.map((one) => attemptDelivery(ctx, endpoint, one, { now, signal })));
    tried += claimed.length;
  }
  return tried;
}

/** The endpoints with a message that is due. */
export async function dueEndpoints(ctx: Context, now: Date | undefined): Promise<string[]> {
  const due = await ctx.database.db
    .selectDistinct({ id: webhookDeliveries.endpointId })
    .from(webhookDeliveries)
    .where(
      and(eq(webhookDeliveries.state, 'pending'), lte(webhookDeliveries.nextAttemptAt, now ?? sql`clock_timestamp()`)),
    );
  return due.map(({ id }) => id);
}

/** Works off the due messages of one endpoint. */
export async function deliverAll(ctx: Context, endpointId: string, input: DeliverInput): Promise<number> {
  const { seconds = budgetSeconds, signal } = input;
  const begun = performance.now();
  const over = () => signal?.aborted === true || performance.now() - begun > seconds * 1000;
  const alerts = await deliverTo(ctx, endpointId, kinds.alerts, input, over);
  return alerts + (await deliverTo(ctx, endpointId, kinds.all, input, over));
}

/**
 * Sends the due messages, and answers how many attempts that were. Our rows say when a message is due; a tick only
 * looks. A message may come twice where a process dies between sending and writing it down: receivers tell by its id,
 * as the specification asks of them.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function deliverWebhooks(ctx: Context, input: DeliverInput = {}): Promise<number> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const due = await dueEndpoints(ctx, input.now);
  const tried = await Promise.all(due.map((id) => deliverAll(ctx, id, input)));
  return tried.reduce((sum, count) => sum + count, 0);
}
