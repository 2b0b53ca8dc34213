import { and, eq, isNotNull } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import type { Db } from '#lib/db/database';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';
import { loadEndpoint, webhookId } from '#lib/webhooks/endpoint';
import { requireFreshManager, requireWebhookManager } from '#lib/webhooks/require-manager';
import { switchOff } from '#lib/webhooks/switch-off';

export const setWebhookEnabledInput = webhookId.extend({ enabled: z.boolean() });
export type SetWebhookEnabledInput = z.input<typeof setWebhookEnabledInput>;

async function switchOn(tx: Db, id: string): Promise<boolean> {
  const on = await tx
    .update(webhookEndpoints)
    .set({ disabledAt: null, disabledReason: null })
    .where(and(eq(webhookEndpoints.id, id), isNotNull(webhookEndpoints.disabledAt)))
    .returning({ id: webhookEndpoints.id });
  return on.length > 0;
}

/**
 * Switches an endpoint off or on again. Messages under way when it is switched off are dropped, not kept for later; so
 * switching off needs a sign-in of the last minutes.
 * @throws AppError `forbidden`, `step_up_required`, `not_found`
 */
export async function setWebhookEnabled(ctx: Context, input: SetWebhookEnabledInput): Promise<void> {
  requireWebhookManager(ctx);
  const { id, enabled } = parseInput(setWebhookEnabledInput, input);
  if (!enabled) await requireFreshManager(ctx);
  await loadEndpoint(ctx, id);
  await transactAs(ctx, async (tx) => {
    const changed = enabled ? await switchOn(tx, id) : await switchOff(tx, id, 'by_hand', await databaseNow(tx));
    if (changed) await record(tx, ctx, { action: 'webhook.changed', details: { webhook: id, disabled: !enabled } });
  });
}
