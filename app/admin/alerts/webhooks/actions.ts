'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { formAction } from '#lib/web/action';
import { createWebhook, createWebhookInput } from '#lib/webhooks/create';
import { webhookId } from '#lib/webhooks/endpoint';
import { removeWebhook } from '#lib/webhooks/remove';
import { retryDelivery, retryDeliveryInput, retryFailed } from '#lib/webhooks/retry';
import { rotateWebhookSecret } from '#lib/webhooks/rotate-secret';
import { testWebhook } from '#lib/webhooks/send-test';
import { setWebhookEnabled } from '#lib/webhooks/set-enabled';

const administrator = { role: 'administrator' } as const;

const newWebhook = createWebhookInput.extend({
  types: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((value) => (value === undefined ? [] : [value].flat()))
    .pipe(createWebhookInput.shape.types.unwrap().unwrap()),
});

/** Adds an endpoint and answers its secret once. */
export const create = formAction(newWebhook, administrator, async (ctx, input) => {
  const { secret } = await createWebhook(ctx, input);
  refresh();
  return { data: { secret, name: input.name } };
});

/** Gives an endpoint a new secret and answers it once. */
export const rotate = formAction(webhookId, administrator, async (ctx, input) => {
  const { secret } = await rotateWebhookSecret(ctx, input);
  refresh();
  return { data: { secret } };
});

/** Sends a message that tells of nothing, and answers how it went. */
export const sendTest = formAction(webhookId, administrator, async (ctx, input) => {
  const { status, code, durationMs } = await testWebhook(ctx, input);
  return { data: { status, code, durationMs } };
});

/** Switches an endpoint on or off. */
export const setEnabled = formAction(
  webhookId.extend({ enabled: z.enum(['yes', 'no']) }),
  administrator,
  async (ctx, { id, enabled }) => {
    await setWebhookEnabled(ctx, { id, enabled: enabled === 'yes' });
    refresh();
    return undefined;
  },
);

/** Removes an endpoint with its log. */
export const remove = formAction(webhookId, administrator, async (ctx, input) => {
  await removeWebhook(ctx, input);
  return undefined;
});

/** Sends one message once more, and answers how it went. */
export const retry = formAction(retryDeliveryInput, administrator, async (ctx, input) => {
  const { status, code, durationMs } = await retryDelivery(ctx, input);
  refresh();
  return { data: { status, code, durationMs } };
});

/** Puts what was given up on its way again, and answers how much that is. */
export const retryAll = formAction(webhookId, administrator, async (ctx, input) => {
  const count = await retryFailed(ctx, input);
  refresh();
  return { data: { count } };
});
