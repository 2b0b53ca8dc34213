import { and, eq, lte, type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf, withTransaction } from '#lib/db/database';
import { webhookAttempts, webhookDeliveries, webhookEndpoints } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { alertMessages } from '#lib/webhooks/announce';
import { planNext } from '#lib/webhooks/plan-next';
import { type Sent, sendMessage } from '#lib/webhooks/send';
import { switchOff } from '#lib/webhooks/switch-off';

/** Longer than an attempt takes: one whose process died is made again then. */
const claimSeconds = 60;
/** Sent side by side to one endpoint; endpoints wait for no other, so one that hangs keeps nobody from theirs. */
const sideBySide = 8;
/** The tick has other work: what is left then is left to the next. */
const budgetMs = 30_000;

type Endpoint = typeof webhookEndpoints.$inferSelect;

interface Claimed extends Record<string, unknown> {
  /** Text from a server, which has no other form for so wide a number. */
  id: number | string;
  attempts: number;
  created_at: Date | string;
  message_id: string;
  payload: string;
}

export interface DeliverInput {
  /** Replaces the database's clock. */
  now?: Date;
  /** Ends it early: what is under way is broken off and tried again within a minute. */
  signal?: AbortSignal | undefined;
}

/**
 * Alerts before everything else: behind the news of a hundred thousand connections that somebody has just revoked, the
 * alert that says so would come when it is of no use.
 */
const kinds = { alerts: sql`and starts_with(d.message_id, ${alertMessages})`, all: sql`` };

/** Claims due deliveries by moving their next attempt: any number of processes may be at it. */
async function claim(ctx: Context, { id }: Endpoint, kind: SQL, now: Date): Promise<Claimed[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  return rowsOf<Claimed>(
    await ctx.database.db.execute(sql`
      with due as (
        select d.id from webhook_deliveries d
        where d.endpoint_id = ${id} and d.state = 'pending' and d.next_attempt_at <= ${at} ${kind}
        order by d.next_attempt_at, d.id limit ${sideBySide} for update skip locked)
      update webhook_deliveries d
      set attempts = d.attempts + 1, next_attempt_at = ${at} + make_interval(secs => ${claimSeconds}::float8)
      from due, webhook_messages m
      where d.id = due.id and m.id = d.message_id
      returning d.id, d.attempts, d.created_at, d.message_id, m.payload::text as payload`),
  );
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

/** Works off what is due of one kind at one endpoint. */
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
    await Promise.all(
      claimed.map(async (one) => {
        const sent = await sendMessage(ctx, endpoint, { id: one.message_id, body: one.payload }, now, signal);
        // Broken off: its claim ends within a minute, and another process sends it.
        if (sent.status === null && signal?.aborted) return;
        await finish(ctx, endpoint, one, sent, now);
      }),
    );
    tried += claimed.length;
  }
  return tried;
}

/**
 * Sends what is due, and answers how many attempts that were. Our rows say what is due; a tick only looks. A message may
 * come twice where a process dies between sending and writing it down: receivers tell by its id, as the specification
 * asks of them.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function deliverWebhooks(ctx: Context, { now, signal }: DeliverInput = {}): Promise<number> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const begun = performance.now();
  const over = () => signal?.aborted === true || performance.now() - begun > budgetMs;
  const due = await ctx.database.db
    .selectDistinct({ id: webhookDeliveries.endpointId })
    .from(webhookDeliveries)
    .where(
      and(eq(webhookDeliveries.state, 'pending'), lte(webhookDeliveries.nextAttemptAt, now ?? sql`clock_timestamp()`)),
    );
  const tried = await Promise.all(
    due.map(async ({ id }) => {
      const alerts = await deliverTo(ctx, id, kinds.alerts, { now, signal }, over);
      return alerts + (await deliverTo(ctx, id, kinds.all, { now, signal }, over));
    }),
  );
  return tried.reduce((sum, count) => sum + count, 0);
}
