import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { requireAdministrator } from '#lib/access/require';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { webhookEndpoints, webhookTypes } from '#lib/db/schema/webhooks';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { checkUrl, hostOrigin } from '#lib/outbound/connect-policy';
import { parseInput } from '#lib/parse-input';
import { newWebhookSecret, overlapHours, secretPlace } from '#lib/webhooks/secret';
import { type Sent, sendMessage } from '#lib/webhooks/send';

/** Twenty are more than anybody needs, and each costs a row a message. */
const mostEndpoints = 20;

export const createWebhookInput = z.object({
  name: z.string().trim().min(1, 'Give it a name').max(100),
  url: z.string().trim().max(500).refine(URL.canParse, 'must be an absolute URL such as https://hooks.example.com/in'),
  types: z.array(z.enum(webhookTypes)).nullish(),
});
export type CreateWebhookInput = z.input<typeof createWebhookInput>;

export const webhookId = z.object({ id: z.string().min(1).max(64) });
export type WebhookId = z.input<typeof webhookId>;

/** Refuses at once what would be refused at each message; names are looked at when they are resolved. */
function checkReceiver(ctx: Context, text: string): string {
  const url = new URL(text);
  try {
    checkUrl(url, hostOrigin(url, new Set(ctx.config.webhookInternalHosts)));
  } catch (cause) {
    const message =
      'must be https: and public, without credentials (an operator allows others by WEBHOOK_INTERNAL_HOSTS)';
    throw new AppError('invalid_request', { cause, issues: [{ path: 'url', message }] });
  }
  return url.href;
}

/**
 * Adds an endpoint. Its signing secret is in this answer and shown nowhere else.
 * @throws AppError `forbidden` unless an administrator asks, `invalid_request`, `conflict` where there are too many
 */
export async function createWebhook(ctx: Context, input: CreateWebhookInput): Promise<{ id: string; secret: string }> {
  requireAdministrator(ctx);
  const { name, url, types } = parseInput(createWebhookInput, input);
  const href = checkReceiver(ctx, url);
  const id = newId('whk');
  const secret = newWebhookSecret();
  const sealed = await ctx.vault.seal(secret, secretPlace(id));
  await withTransaction(ctx.database.db, async (tx) => {
    const count = await tx.$count(webhookEndpoints);
    if (count >= mostEndpoints)
      throw new AppError('conflict', { message: `There are ${mostEndpoints} webhooks already. Remove one first.` });
    const wanted = types && types.length > 0 ? [...new Set(types)] : null;
    await tx
      .insert(webhookEndpoints)
      .values({ id, name, url: href, types: wanted, secret: sealed, createdBy: actorId(ctx.actor) ?? '' });
    // The address may hold a secret in its path: only its host goes into the ledger.
    await record(tx, ctx, {
      action: 'webhook.created',
      details: { webhook: id, host: new URL(href).host, types: wanted },
    });
  });
  return { id, secret };
}

async function load(ctx: Context, id: string) {
  const [row] = await ctx.database.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id));
  if (!row) throw new AppError('not_found');
  return row;
}

/**
 * Gives an endpoint a new secret. The one before goes on for a day: messages carry both signatures until then.
 * @throws AppError `forbidden`, `not_found`, `conflict` where another rotation came between
 */
export async function rotateWebhookSecret(
  ctx: Context,
  input: WebhookId,
): Promise<{ secret: string; previousUntil: Date }> {
  requireAdministrator(ctx);
  const { id } = parseInput(webhookId, input);
  const row = await load(ctx, id);
  const secret = newWebhookSecret();
  const sealed = await ctx.vault.seal(secret, secretPlace(id));
  return withTransaction(ctx.database.db, async (tx) => {
    const [rotated] = await tx
      .update(webhookEndpoints)
      .set({
        secret: sealed,
        previousSecret: row.secret,
        previousUntil: sql`clock_timestamp() + make_interval(hours => ${overlapHours}::int)`,
      })
      .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.secret, row.secret)))
      .returning({ previousUntil: webhookEndpoints.previousUntil });
    if (!rotated?.previousUntil) throw new AppError('conflict');
    await record(tx, ctx, { action: 'webhook.changed', details: { webhook: id, secret_rotated: true } });
    return { secret, previousUntil: rotated.previousUntil };
  });
}

export const setWebhookEnabledInput = webhookId.extend({ enabled: z.boolean() });

/**
 * Switches an endpoint off or on again. What was on its way when it was switched off is dropped, not kept for later.
 * @throws AppError `forbidden`, `not_found`
 */
export async function setWebhookEnabled(ctx: Context, input: z.input<typeof setWebhookEnabledInput>): Promise<void> {
  requireAdministrator(ctx);
  const { id, enabled } = parseInput(setWebhookEnabledInput, input);
  await load(ctx, id);
  await withTransaction(ctx.database.db, async (tx) => {
    const wrong = enabled ? sql`${webhookEndpoints.disabledAt} is not null` : isNull(webhookEndpoints.disabledAt);
    const changed = await tx
      .update(webhookEndpoints)
      .set(
        enabled
          ? { disabledAt: null, disabledReason: null }
          : { disabledAt: sql`now()`, disabledReason: 'by_hand' as const },
      )
      .where(and(eq(webhookEndpoints.id, id), wrong))
      .returning({ id: webhookEndpoints.id });
    if (changed.length > 0)
      await record(tx, ctx, { action: 'webhook.changed', details: { webhook: id, disabled: !enabled } });
  });
}

/**
 * Removes an endpoint with its log.
 * @throws AppError `forbidden`, `not_found`
 */
export async function removeWebhook(ctx: Context, input: WebhookId): Promise<void> {
  requireAdministrator(ctx);
  const { id } = parseInput(webhookId, input);
  await withTransaction(ctx.database.db, async (tx) => {
    const removed = await tx
      .delete(webhookEndpoints)
      .where(eq(webhookEndpoints.id, id))
      .returning({ id: webhookEndpoints.id });
    if (removed.length === 0) throw new AppError('not_found');
    await record(tx, ctx, { action: 'webhook.removed', details: { webhook: id } });
  });
}

/**
 * Sends a message that tells of nothing, once and at once, and answers how it went.
 * @throws AppError `forbidden`, `not_found`
 */
export async function testWebhook(ctx: Context, input: WebhookId): Promise<Sent> {
  requireAdministrator(ctx);
  const { id } = parseInput(webhookId, input);
  const row = await load(ctx, id);
  const at = ctx.now();
  const body = JSON.stringify({ type: 'webhook.test', timestamp: at.toISOString(), data: { webhook: id } });
  return sendMessage(ctx, row, { id: `msg_${newId('test')}`, body }, at);
}
