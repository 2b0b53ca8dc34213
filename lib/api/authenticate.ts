import { createMiddleware } from 'hono/factory';
import { authenticateApiKey } from '#lib/access/authenticate-api-key';
import type { ApiEnvironment } from '#lib/api/environment';
import { AppError, isAppError } from '#lib/errors';

/** Lets a request pass whose `Authorization: Bearer` holds a live API key (RFC 6750 §2.1), as that key. */
export const authenticate = createMiddleware<ApiEnvironment>(async (c, next) => {
  const { ctx } = c.var;
  const [, key] = /^Bearer +([A-Za-z0-9_-]{1,256})$/i.exec(c.req.header('authorization') ?? '') ?? [];
  try {
    if (!key) throw new AppError('invalid_api_key');
    c.set('ctx', { ...ctx, actor: await authenticateApiKey(ctx, key) });
  } catch (error) {
    // Whoever sends wrong keys is nobody: counted by network, so that a flood of them fills no disk.
    if (isAppError(error)) ctx.refusals.add(ctx, error.code);
    throw error;
  }
  await next();
});

/** Puts into the ledger what a key was refused; for routes that keep no entries of their own. */
export const noteRefusal = createMiddleware<ApiEnvironment>(async (c, next) => {
  await next();
  const { ctx } = c.var;
  if (isAppError(c.error) && [403, 404].includes(c.error.status)) ctx.refusals.add(ctx, c.error.code);
});
