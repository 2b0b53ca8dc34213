import { asc, eq, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { webhookDeliveries, webhookEndpoints } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { webhookColumns } from '#lib/webhooks/read-views';
import { requireWebhookReader } from '#lib/webhooks/require-manager';
import type { WebhookView } from '#lib/webhooks/views';

// Drizzle leaves the table's name away within a select from one table.
const of = (state: string) =>
  sql<number>`(select count(*)::int from (select 1 from webhook_deliveries d where d.endpoint_id = ${webhookEndpoints}.id
    and d.state = ${state} limit 1000) counted)`;

const columns = {
  ...webhookColumns,
  pending: of('pending'),
  failed: of('failed'),
  failing: sql<boolean>`exists (select 1 from webhook_deliveries d where d.endpoint_id = ${webhookEndpoints}.id
    and d.state = 'pending' and d.attempts > 1)`,
  lastDeliveredAt:
    sql<Date | null>`(select d.finished_at from webhook_deliveries d where d.endpoint_id = ${webhookEndpoints}.id
    and d.state = 'delivered' order by d.id desc limit 1)`.mapWith(webhookDeliveries.finishedAt),
};

/** The paths of many services' hooks are secrets: an auditor sees the host alone. */
function asSeen({ actor }: Context, row: WebhookView): WebhookView {
  const whole = actor.type !== 'person' || actor.role === 'administrator';
  return whole ? row : { ...row, url: new URL(row.url).origin };
}

/**
 * The endpoints, oldest first.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listWebhooks(ctx: Context): Promise<WebhookView[]> {
  requireWebhookReader(ctx);
  const rows = await ctx.database.db
    .select(columns)
    .from(webhookEndpoints)
    .orderBy(asc(webhookEndpoints.createdAt), asc(webhookEndpoints.id));
  return rows.map((row) => asSeen(ctx, row));
}

/**
 * One endpoint.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getWebhook(ctx: Context, id: string): Promise<WebhookView> {
  requireWebhookReader(ctx);
  const [row] = await ctx.database.db.select(columns).from(webhookEndpoints).where(eq(webhookEndpoints.id, id));
  if (!row) throw new AppError('not_found');
  return asSeen(ctx, row);
}
