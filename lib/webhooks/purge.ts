import { lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { webhookMessages } from '#lib/db/schema/webhooks';

const keptDays = 30;

/** Removes messages that are over for long, with their log. */
export async function purgeWebhooks({ database: { db } }: Context): Promise<void> {
  const ended = sql`now() - make_interval(days => ${keptDays}::int)`;
  await deleteInPages(db, webhookMessages, lt(webhookMessages.createdAt, ended));
}
