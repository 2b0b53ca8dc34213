import type { Actor, Context } from '#lib/context';
import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';
import { AppError } from '#lib/errors';

export type ApiKeyActor = Extract<Actor, { type: 'api_key' }>;

/**
 * Says which API key asks, if it has the scope.
 * @throws AppError `invalid_api_key`, `forbidden`, `insufficient_scope`
 */
export function requireApiKey(ctx: Pick<Context, 'actor'>, scope: ApiKeyScope): ApiKeyActor {
  const { actor } = ctx;
  if (actor.type === 'anonymous') throw new AppError('invalid_api_key');
  if (actor.type !== 'api_key') throw new AppError('forbidden');
  if (!actor.scopes.includes(scope)) {
    throw new AppError('insufficient_scope', { message: `The API key lacks the scope ${scope}.` });
  }
  return actor;
}

/** True where an API key may see connections of that provider; a key without a limit sees all. */
export function keyCoversProvider(actor: Pick<ApiKeyActor, 'providers'>, provider: string): boolean {
  return actor.providers === null || actor.providers.includes(provider);
}
