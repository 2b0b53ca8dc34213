import { sql } from 'drizzle-orm';
import { webhookEndpoints } from '#lib/db/schema/webhooks';

/** The named columns of an endpoint's view. */
export const webhookColumns = {
  id: webhookEndpoints.id,
  name: webhookEndpoints.name,
  url: webhookEndpoints.url,
  types: webhookEndpoints.types,
  createdBy: webhookEndpoints.createdBy,
  createdAt: webhookEndpoints.createdAt,
  disabledAt: webhookEndpoints.disabledAt,
  disabledReason: webhookEndpoints.disabledReason,
  previousUntil:
    sql<Date | null>`case when ${webhookEndpoints.previousUntil} > clock_timestamp() then ${webhookEndpoints.previousUntil} end`.mapWith(
      webhookEndpoints.previousUntil,
    ),
};
