import { z } from 'zod';
import { toWebhook } from '#lib/api/webhooks';
import type { Context } from '#lib/context';
import { webhookTypes } from '#lib/db/schema/webhook-types';
import { createWebhook } from '#lib/webhooks/create';
import { getWebhook, listWebhooks } from '#lib/webhooks/list';
import { removeWebhook } from '#lib/webhooks/remove';
import { rotateWebhookSecret } from '#lib/webhooks/rotate-secret';
import { testWebhook } from '#lib/webhooks/send-test';
import { setWebhookEnabled } from '#lib/webhooks/set-enabled';

/** The commands about webhooks; their lines are the answers of the API. */
export const webhookCommands = [
  z.strictObject({
    command: z.literal('webhook add'),
    name: z.string(),
    url: z.string(),
    types: z.array(z.enum(webhookTypes)).nullable(),
  }),
  z.strictObject({ command: z.literal('webhook list'), json: z.boolean() }),
  z.strictObject({
    command: z.enum(['webhook remove', 'webhook rotate', 'webhook test', 'webhook enable', 'webhook disable']),
    id: z.string(),
  }),
] as const;

export type WebhookCommand = z.infer<(typeof webhookCommands)[number]>;

/** Runs a command about webhooks and answers its lines. @throws AppError as the verbs do */
export async function runWebhookCommand(ctx: Context, command: WebhookCommand): Promise<Record<string, unknown>[]> {
  switch (command.command) {
    case 'webhook add': {
      const { name, url, types } = command;
      const { id, secret } = await createWebhook(ctx, { name, url, types });
      return [{ ...toWebhook(await getWebhook(ctx, id)), secret }];
    }
    case 'webhook list':
      return (await listWebhooks(ctx)).map((view) => {
        const whole = toWebhook(view);
        const { id, name, url, enabled, pending, failed, last_delivered_at } = whole;
        return command.json ? whole : { id, name, url, enabled, pending, failed, last_delivered_at };
      });
    case 'webhook remove':
      await removeWebhook(ctx, command);
      return [{ id: command.id, removed: true }];
    case 'webhook rotate': {
      const { secret, previousUntil } = await rotateWebhookSecret(ctx, command);
      return [{ id: command.id, secret, previous_secret_until: previousUntil.toISOString() }];
    }
    case 'webhook test': {
      const { status, code, durationMs } = await testWebhook(ctx, command);
      return [{ id: command.id, status, code, duration_ms: durationMs }];
    }
    case 'webhook enable':
    case 'webhook disable':
      await setWebhookEnabled(ctx, { id: command.id, enabled: command.command === 'webhook enable' });
      return [toWebhook(await getWebhook(ctx, command.id))];
  }
}
