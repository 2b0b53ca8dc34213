import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { type ApiKeyActor, requireApiKey } from '#lib/guards/require-api-key';

/** An API key that belongs to an application. */
export type ApplicationKey = ApiKeyActor & { applicationId: string };

/**
 * Says which application's API key asks, if it may connect accounts.
 * @throws AppError `invalid_api_key`, `forbidden`, `insufficient_scope`
 */
export function requireApplicationKey(ctx: Context): ApplicationKey {
  const actor = requireApiKey(ctx, 'connections:create');
  const { applicationId } = actor;
  if (applicationId !== null) return { ...actor, applicationId };
  const message = 'The API key belongs to no application. Only the key of an application can connect accounts.';
  throw new AppError('insufficient_scope', { message });
}
