import { lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { webhookMessages } from '#lib/db/schema/webhooks';

const keptDays = 30;

/** Removes messages that are over for long, with their log. */
export async function purgeWebhooks(ctx: Context): Promise<void> {
  const ended = sql`now() - make_interval(days => ${keptDays}::int)`;
  await ctx.database.db.delete(webhookMessages).where(lt(webhookMessages.createdAt, ended));
}
