import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { requireAdministrator, requireReader } from '#lib/guards/require';
import { requireApiKey } from '#lib/guards/require-api-key';
import { requireStepUp } from '#lib/sign-in/step-up';

/** A key with the scope, for every provider and of no application: webhooks tell of everybody at all of them. */
function requireManagersKey(ctx: Context): void {
  const { providers, applicationId } = requireApiKey(ctx, 'webhooks:manage');
  if (applicationId !== null) {
    const message = 'An API key of an application cannot manage webhooks: they tell of everybody.';
    throw new AppError('insufficient_scope', { message });
  }
  if (providers === null) return;
  const message = 'An API key that is for some providers only cannot manage webhooks: they tell of every provider.';
  throw new AppError('insufficient_scope', { message });
}

/**
 * Asserts that an administrator asks, the operator, or an API key with `webhooks:manage`.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`
 */
export function requireWebhookManager(ctx: Context): void {
  if (ctx.actor.type === 'api_key') requireManagersKey(ctx);
  else requireAdministrator(ctx);
}

/**
 * The same, and of a person a sign-in of the last minutes.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`, `step_up_required`
 */
export async function requireFreshManager(ctx: Context): Promise<void> {
  requireWebhookManager(ctx);
  if (ctx.actor.type !== 'api_key') await requireStepUp(ctx);
}

/**
 * Asserts that somebody asks who may see the webhooks.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`
 */
export function requireWebhookReader(ctx: Context): void {
  if (ctx.actor.type === 'api_key') requireManagersKey(ctx);
  else requireReader(ctx);
}
