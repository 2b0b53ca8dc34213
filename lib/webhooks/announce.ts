import { and, asc, gt, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import { databaseNow } from '#lib/db/clock';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { alertProgress, type alerts } from '#lib/db/schema/alerts';
import { ledger } from '#lib/db/schema/ledger';
import type { WebhookType } from '#lib/db/schema/webhook-types';
import { webhookDeliveries, webhookEndpoints, webhookMessages } from '#lib/db/schema/webhooks';
import { announced, messageIdOf, payloadOf, typeOf } from '#lib/webhooks/connection-messages';

/**
 * Puts a message on its way to every endpoint that wants its type; the same message is put there once.
 * @param subject what tells of the same is sent in its order
 */
async function announce(
  tx: Db,
  message: { id: string; type: WebhookType; payload: Record<string, unknown>; createdAt: Date },
  subject: string,
): Promise<void> {
  const wanted = or(isNull(webhookEndpoints.types), sql`${message.type} = any(${webhookEndpoints.types})`);
  const endpoints = await tx
    .select({ endpointId: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(and(isNull(webhookEndpoints.disabledAt), wanted));
  if (endpoints.length === 0) return;
  const { id: messageId, createdAt } = message;
  await tx.insert(webhookMessages).values(message).onConflictDoNothing();
  await tx
    .insert(webhookDeliveries)
    .values(
      endpoints.map(({ endpointId }) => ({ endpointId, messageId, subject, createdAt, nextAttemptAt: createdAt })),
    )
    .onConflictDoNothing();
}

/** The beginning of the ids of messages about alerts. */
export const alertMessages = 'msg_alr_';

/** Tells the endpoints what became of an alert. `heldAt` is when. */
export async function announceAlert(
  tx: Db,
  alert: typeof alerts.$inferSelect,
  kind: 'opened' | 'reopened' | 'acknowledged' | 'resolved',
): Promise<void> {
  const { id, rule, subject, severity, state, value, count, openedAt, heldAt } = alert;
  const type = `alert.${kind}` as const;
  const data = { id, rule, subject, severity, state, value, count, opened_at: openedAt.toISOString() };
  const payload = { type, timestamp: heldAt.toISOString(), data };
  await announce(tx, { id: `msg_${id}_${kind}_${heldAt.getTime()}`, type, createdAt: heldAt, payload }, id);
}

/** Entries that one statement makes messages of, each of them a row an endpoint: it must end long before its time is up. */
const mostAtOnce = 5_000;

/** Where a slice must end so that it holds no more of these entries than one statement can tell of. */
export async function endOfAnnounceable(tx: Db, { from, to }: { from: Date; to: Date }): Promise<Date> {
  const [beyond] = await tx
    .select({ at: ledger.at })
    .from(ledger)
    .where(and(gt(ledger.at, from), lte(ledger.at, to), inArray(ledger.action, [...announced])))
    .orderBy(asc(ledger.at), asc(ledger.id))
    .offset(mostAtOnce)
    .limit(1);
  return beyond?.at ?? to;
}

/** A span of the ledger, whole or of some connections only. */
export interface AnnouncedSpan {
  from: Date;
  to: Date;
  of?: { personIds: string[]; connectionIds: string[] };
}

/**
 * Tells the endpoints of changes of connections, from a slice of the ledger. A connection that stopped working has
 * recovered when a refresh succeeds after all: endpoints hear that only if they heard the first. A refresh in the
 * millisecond of the fault was before it, since one takes longer. Without an endpoint
 * that wants it no message is made, but a broken connection is remembered for an endpoint that comes later. The same
 * span may be told of twice, and the second time changes nothing.
 */
export async function announceConnections(tx: Db, { from, to, of }: AnnouncedSpan): Promise<void> {
  const [after, until] = [from.toISOString(), to.toISOString()];
  // A person leads the index of one's entries.
  const only = of
    ? sql`and l.person_id = any(${sql.param(of.personIds)}::text[]) and l.connection_id = any(${sql.param(of.connectionIds)}::text[])`
    : sql``;
  await tx.execute(sql`
    with relevant as materialized (
      select l.at, l.id, l.action, l.code, l.connection_id, l.person_id, l.provider,
        lag(l.action) over (partition by l.connection_id order by l.at, l.id) as before,
        row_number() over (partition by l.connection_id order by l.at desc, l.id desc) as from_last
      from ledger l
      where l.at > ${after}::timestamptz and l.at <= ${until}::timestamptz and l.connection_id is not null ${only} and l.action in
        (${sql.join(
          [...announced, 'token.refreshed'].map((action) => sql`${action}`),
          sql`, `,
        )})),
    told as (
      select r.*, ${typeOf(sql`r.action`)} as type
      from relevant r left join connection_outages o on o.connection_id = r.connection_id and o.since < r.at
      where r.action <> 'token.refreshed' or r.before = 'connection.needs_reconnect'
        or (r.before is null and o.connection_id is not null)),
    wanted as (
      select e.id as endpoint_id, t.connection_id as subject, t.id, t.at, ${messageIdOf} as message_id, t.type, ${payloadOf} as payload
      from told t join webhook_endpoints e on e.disabled_at is null and (e.types is null or t.type = any(e.types))),
    messages as (
      insert into webhook_messages (id, type, payload, created_at)
      select distinct on (message_id) message_id, type, payload, at from wanted on conflict do nothing),
    deliveries as (
      insert into webhook_deliveries (message_id, endpoint_id, subject, next_attempt_at, created_at)
      select message_id, endpoint_id, subject, at, at from wanted order by at, id on conflict do nothing),
    mended as (
      delete from connection_outages o using relevant r
      where r.connection_id = o.connection_id and r.from_last = 1 and r.action <> 'connection.needs_reconnect'
        and o.since <= r.at)
    insert into connection_outages (connection_id, since)
    select connection_id, at from relevant where from_last = 1 and action = 'connection.needs_reconnect'
    on conflict do nothing`);
}

/** Entries of the last seconds that a look takes; the tick tells of the rest. */
const mostRecent = 500;
const recentSeconds = 10;

interface Changed extends Record<string, unknown> {
  person_id: string;
  connection_id: string;
}

/** Connections that changed in the last seconds and of which an endpoint wants to hear, but was not told yet. */
async function changedLately(db: Db): Promise<Changed[]> {
  return rowsOf<Changed>(
    await db.execute(sql`
      select distinct l.person_id, l.connection_id
      from alert_progress p, lateral (select * from ledger
        where at > greatest(p.read_to, clock_timestamp() - make_interval(secs => ${recentSeconds}::float8))
          and action in (${sql.join(
            announced.map((action) => sql`${action}`),
            sql`, `,
          )})
        order by at desc limit ${mostRecent}) l
      where p.read_to is not null and l.person_id is not null and l.connection_id is not null
        and exists (select 1 from webhook_endpoints e where e.disabled_at is null
          and (e.types is null or ${typeOf(sql`l.action`)} = any(e.types)))
        and not exists (select 1 from webhook_messages m where m.id = 'msg_' || l.id)`),
  );
}

/**
 * Tells of connections that changed in the last seconds, before the ledger has settled and the tick reads it. An entry
 * that shows up later is the tick's, and none is told twice. Answers of how many connections. While the tick reads, in
 * whichever process, there is nothing to do.
 */
export async function announceRecent(db: Db): Promise<number> {
  const [wanted] = await db
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(isNull(webhookEndpoints.disabledAt))
    .limit(1);
  if (!wanted) return 0;
  const changed = await changedLately(db);
  if (changed.length === 0) return 0;
  const of = {
    personIds: [...new Set(changed.map((row) => row.person_id))],
    connectionIds: changed.map((row) => row.connection_id),
  };
  return withTransaction(db, async (tx) => {
    const [progress] = await tx.select().from(alertProgress).for('update', { skipLocked: true });
    if (!progress?.readTo) return 0;
    await announceConnections(tx, { from: progress.readTo, to: await databaseNow(tx), of });
    return changed.length;
  });
}
