import { asc, inArray, lt, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { webhookMessages } from '#lib/db/schema/webhooks';

const keptDays = 30;
/** Messages of one statement, each with its way to every endpoint: more could take longer than a statement may. */
const atOnce = 1_000;
/** What is left then is left to the next tick. */
const budgetMs = 10_000;

/** Removes messages that are over for long, with their log. */
export async function purgeWebhooks({ database: { db } }: Context): Promise<void> {
  const ended = sql`now() - make_interval(days => ${keptDays}::int)`;
  const oldest = db
    .select({ id: webhookMessages.id })
    .from(webhookMessages)
    .where(lt(webhookMessages.createdAt, ended))
    .orderBy(asc(webhookMessages.createdAt))
    .limit(atOnce);
  const begun = performance.now();
  let removed: unknown[];
  do {
    removed = await db
      .delete(webhookMessages)
      .where(inArray(webhookMessages.id, oldest))
      .returning({ id: webhookMessages.id });
  } while (removed.length === atOnce && performance.now() - begun < budgetMs);
}
