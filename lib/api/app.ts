import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import type { ApiEnvironment, GetContext } from '#lib/api/environment';
import { registerTokens } from '#lib/api/tokens';
import { AppError, isAppError } from '#lib/errors';
import { answerableError, problemResponse } from '#lib/http/problem';
import { newId } from '#lib/ids';
import { issuesOf } from '#lib/parse-input';

export type Api = OpenAPIHono<ApiEnvironment>;

const largestBody = 64 * 1024;

/** What the framework itself refuses, in our codes. */
function fromFramework(error: unknown): unknown {
  if (!(error instanceof HTTPException)) return error;
  if (error.status === 413) return new AppError('body_too_large', { cause: error });
  return error.status < 500 ? new AppError('invalid_request', { cause: error }) : error;
}

/**
 * The machine API under `/api/v1`, defined once for both mounts.
 * @param getContext makes the context of a request; its actor is anonymous, the API key is checked here
 */
export function createApi(getContext: GetContext): Api {
  const app = new OpenAPIHono<ApiEnvironment>({
    defaultHook: (result) => {
      if (!result.success) throw new AppError('invalid_request', { issues: issuesOf(result.error) });
    },
  }).basePath('/api/v1');

  app.onError((thrown, c) => {
    const error = answerableError(fromFramework(thrown));
    const { ctx } = c.var as Partial<ApiEnvironment['Variables']>;
    const requestId = ctx?.requestId ?? newId('req');
    if (ctx && error.status >= 500) {
      ctx.log[error.code === 'internal' ? 'error' : 'warn']({
        event: 'api_failed',
        request_id: requestId,
        path: c.req.routePath,
        code: error.code,
        err: isAppError(thrown) ? thrown.cause : thrown,
      });
    }
    return problemResponse(error, requestId);
  });
  app.notFound((c) => problemResponse(new AppError('not_found'), c.var.ctx?.requestId ?? newId('req')));

  app.use('*', async (c, next) => {
    const ctx = await getContext(c.req.raw, c.env?.ip ?? null);
    c.set('ctx', ctx);
    await next();
    c.header('X-Request-Id', ctx.requestId);
    c.header('Cache-Control', 'no-store');
  });
  app.use('*', bodyLimit({ maxSize: largestBody, onError: () => problemFor413() }));

  registerTokens(app);
  return app;
}

function problemFor413(): never {
  throw new AppError('body_too_large');
}
