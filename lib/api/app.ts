import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { registerApplications } from '#lib/api/applications';
import type { Call } from '#lib/api/call';
import { registerConnectSessions } from '#lib/api/connect-sessions';
import { registerConnections } from '#lib/api/connections';
import { registerDocument } from '#lib/api/document';
import type { ApiEnvironment, GetContext } from '#lib/api/environment';
import { registerEvents } from '#lib/api/events';
import { noteFailure } from '#lib/api/note-failure';
import { rateHeaders } from '#lib/api/rate-limit';
import { registerTokens } from '#lib/api/tokens';
import { registerWebhooks } from '#lib/api/webhooks';
import { problemResponse } from '#lib/door/problem';
import { AppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { issuesOf } from '#lib/parse-input';

export type Api = OpenAPIHono<ApiEnvironment>;

const largestBody = 64 * 1024;

function answerError(thrown: unknown, c: HonoContext<ApiEnvironment>): Response {
  const call: Call | undefined = c.get('call');
  return problemResponse(noteFailure(call?.ctx, c.req.method, thrown), call?.ctx.requestId ?? newId('req'));
}

/** Every path that is known answers the methods it does not take with 405 and those it does (RFC 9110 §15.5.6). */
function registerMethods(app: Api): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method).add(method === 'GET' ? 'HEAD' : method));
  }
  for (const [path, known] of methods) {
    app.all(path.replace(/^\/api\/v1/, ''), (c) => {
      const answer = problemResponse(new AppError('method_not_allowed'), c.var.ctx.requestId);
      answer.headers.set('allow', [...known].sort().join(', '));
      return answer;
    });
  }
}

/**
 * The machine API under `/api/v1`, defined once for both mounts.
 * @param getContext makes the context of a request; its actor is anonymous, the API key is checked here
 */
export function createApi(getContext: GetContext): Api {
  const app: Api = new OpenAPIHono<ApiEnvironment>({
    defaultHook: (result) => {
      if (!result.success) throw new AppError('invalid_request', { issues: issuesOf(result.error) });
    },
  }).basePath('/api/v1');
  app.onError(answerError);
  app.notFound((c) => problemResponse(new AppError('not_found'), c.var.ctx?.requestId ?? newId('req')));
  app.use('*', async (c, next) => {
    const ctx = await getContext(c.req.raw);
    const call: Call = { ctx, authorization: c.req.header('authorization') };
    c.set('call', call);
    c.set('ctx', ctx);
    await next();
    c.header('X-Request-Id', ctx.requestId);
    c.header('Cache-Control', 'no-store');
    if (call.rate) for (const [name, value] of Object.entries(rateHeaders(call.rate))) c.header(name, value);
  });
  const limitBody = bodyLimit({
    maxSize: largestBody,
    onError: () => {
      throw new AppError('body_too_large');
    },
  });
  // Looking at a body that is not there costs more than all else here does.
  app.use('*', (c, next) => (c.req.header('content-length') === '0' ? next() : limitBody(c, next)));
  registerTokens(app);
  registerConnections(app);
  registerWebhooks(app);
  registerEvents(app);
  registerConnectSessions(app);
  registerApplications(app);
  registerDocument(app);
  registerMethods(app);
  return app;
}
