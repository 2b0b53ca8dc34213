import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { requireAdministrator, requireReader } from '#lib/guards/require';
import { requireApiKey } from '#lib/guards/require-api-key';
import { requireStepUp } from '#lib/sign-in/step-up';

/** A key with the scope, for every provider and of no application: an application must not change what it may do. */
function requireManagersKey(ctx: Context): void {
  const { providers, applicationId } = requireApiKey(ctx, 'applications:manage');
  const refusal =
    applicationId !== null
      ? 'An API key of an application cannot manage applications.'
      : providers !== null && 'An API key that is for some providers only cannot manage applications.';
  if (refusal) throw new AppError('insufficient_scope', { message: refusal });
}

/**
 * Asserts that an administrator asks, the operator, or an API key with `applications:manage`.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`
 */
export function requireApplicationManager(ctx: Context): void {
  if (ctx.actor.type === 'api_key') requireManagersKey(ctx);
  else requireAdministrator(ctx);
}

/**
 * The same, and of a person a sign-in of the last minutes. Answers the ledger's words for that.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`, `step_up_required`
 */
export async function requireFreshManager(ctx: Context): Promise<Record<string, string>> {
  requireApplicationManager(ctx);
  return ctx.actor.type === 'api_key' ? {} : { step_up: (await requireStepUp(ctx)).proof };
}

/**
 * Asserts that somebody asks who may see the applications.
 * @throws AppError `unauthenticated`, `forbidden`, `insufficient_scope`
 */
export function requireApplicationReader(ctx: Context): void {
  if (ctx.actor.type === 'api_key') requireManagersKey(ctx);
  else requireReader(ctx);
}
