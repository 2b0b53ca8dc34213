import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { webhookTypes } from '#lib/db/schema/webhook-types';
import { webhookEndpoints } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { checkUrl, hostOrigin } from '#lib/outbound/connect-policy';
import { parseInput } from '#lib/parse-input';
import { oneLine } from '#lib/plain-text';
import { transactAs } from '#lib/sign-in/transact-as';
import { requireFreshManager } from '#lib/webhooks/require-manager';
import { newWebhookSecret, secretPlace } from '#lib/webhooks/secret';

/** Twenty are more than anybody needs, and each costs a row a message. */
const mostEndpoints = 20;

export const createWebhookInput = z.object({
  name: z.string().overwrite(oneLine).trim().min(1, 'Give it a name').max(100),
  url: z.string().trim().max(500).refine(URL.canParse, 'must be an absolute URL such as https://hooks.example.com/in'),
  /** Which messages; absent or none: all. */
  types: z.array(z.enum(webhookTypes)).nullish(),
});
export type CreateWebhookInput = z.input<typeof createWebhookInput>;

/** Refuses at once what would be refused at each message; names are looked at when they are resolved. */
function checkReceiver(ctx: Context, text: string): URL {
  const url = new URL(text);
  try {
    checkUrl(url, hostOrigin(url, new Set(ctx.config.webhookInternalHosts)));
  } catch (cause) {
    const message =
      'must be https: and public, without credentials (an operator allows others by WEBHOOK_INTERNAL_HOSTS)';
    throw new AppError('invalid_request', { cause, issues: [{ path: 'url', message }] });
  }
  return url;
}

/**
 * Adds an endpoint. Its signing secret is in this answer and shown nowhere else.
 * @throws AppError `forbidden` unless an administrator asks, `invalid_request`, `conflict` where there are too many
 */
export async function createWebhook(ctx: Context, input: CreateWebhookInput): Promise<{ id: string; secret: string }> {
  await requireFreshManager(ctx);
  const { name, url, types } = parseInput(createWebhookInput, input);
  const { href, host } = checkReceiver(ctx, url);
  const id = newId('whk');
  const secret = newWebhookSecret();
  const sealed = await ctx.vault.seal(secret, secretPlace(id));
  const wanted = types && types.length > 0 ? [...new Set(types)] : null;
  await transactAs(ctx, async (tx) => {
    await lockFor(tx, 'webhooks');
    if ((await tx.$count(webhookEndpoints)) >= mostEndpoints)
      throw new AppError('conflict', { message: `There are ${mostEndpoints} webhooks already. Remove one first.` });
    await tx
      .insert(webhookEndpoints)
      .values({ id, name, url: href, types: wanted, secret: sealed, createdBy: actorId(ctx.actor) ?? '' });
    // The address may hold a secret in its path: only its host goes into the ledger.
    await record(tx, ctx, { action: 'webhook.created', details: { webhook: id, host, types: wanted } });
  });
  return { id, secret };
}
