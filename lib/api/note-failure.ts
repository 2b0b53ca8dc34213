import { HTTPException } from 'hono/http-exception';
import type { Context } from '#lib/context';
import { AppError, isAppError, toAppError } from '#lib/errors';

/** A body that is no JSON, or does not say that it is. */
export const notJson = (cause?: unknown): AppError =>
  new AppError('invalid_request', {
    cause,
    issues: [{ path: '', message: 'the body must be JSON, sent with Content-Type: application/json' }],
  });

/** The framework's own refusals, in our codes: it reads bodies. */
function fromFramework(error: unknown): unknown {
  if (!(error instanceof HTTPException)) return error;
  return error.status < 500 ? notJson(error) : error;
}

/**
 * The error to answer with for what a call threw. Where it is our side that failed, the log gets the cause.
 * @param ctx undefined where making it is what failed
 */
export function noteFailure(ctx: Context | undefined, method: string, thrown: unknown): AppError {
  const error = toAppError(fromFramework(thrown));
  if (ctx && error.status >= 500) {
    const level = error.code === 'internal' ? 'error' : 'warn';
    const cause = isAppError(thrown) ? thrown.cause : thrown;
    ctx.log[level]({ event: 'api_failed', request_id: ctx.requestId, method, error_code: error.code, err: cause });
  }
  return error;
}
