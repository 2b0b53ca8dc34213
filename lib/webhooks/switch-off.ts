import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '#lib/db/database';
import { webhookDeliveries, webhookEndpoints } from '#lib/db/schema/webhooks';

/**
 * Switches an endpoint off and drops what was on its way to it, in the caller's transaction. False where it was off.
 */
export async function switchOff(tx: Db, id: string, reason: 'by_hand' | 'gone', at: Date): Promise<boolean> {
  const off = await tx
    .update(webhookEndpoints)
    .set({ disabledAt: at, disabledReason: reason })
    .where(and(eq(webhookEndpoints.id, id), isNull(webhookEndpoints.disabledAt)))
    .returning({ id: webhookEndpoints.id });
  if (off.length === 0) return false;
  await tx
    .update(webhookDeliveries)
    .set({ state: 'dropped', finishedAt: at })
    .where(and(eq(webhookDeliveries.endpointId, id), eq(webhookDeliveries.state, 'pending')));
  return true;
}
