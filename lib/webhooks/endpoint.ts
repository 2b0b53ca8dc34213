import { eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';

export const webhookId = z.object({ id: z.string().min(1).max(64) });
export type WebhookId = z.input<typeof webhookId>;

/** The whole row of an endpoint, with its sealed secrets. @throws AppError `not_found` */
export async function loadEndpoint(ctx: Context, id: string): Promise<typeof webhookEndpoints.$inferSelect> {
  const [row] = await ctx.database.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id));
  if (!row) throw new AppError('not_found');
  return row;
}
