import { createMiddleware } from 'hono/factory';
import { withKey } from '#lib/api/call';
import type { ApiEnvironment } from '#lib/api/environment';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { isAppError } from '#lib/errors';

/** Lets a request pass as its API key, if `Authorization: Bearer` holds a live one. */
export const authenticate = createMiddleware<ApiEnvironment>(async (c, next) => {
  const { ctx } = c.var;
  const actor = await withKey(c.var.call, (key) => authenticateApiKey(ctx, key));
  c.set('ctx', { ...ctx, actor });
  await next();
});

/** Puts into the ledger what a key was refused; for routes that keep no entries of their own. */
export const noteRefusal = createMiddleware<ApiEnvironment>(async (c, next) => {
  await next();
  const { ctx } = c.var;
  if (isAppError(c.error) && [403, 404].includes(c.error.status)) ctx.refusals.add(ctx, c.error.code);
});
