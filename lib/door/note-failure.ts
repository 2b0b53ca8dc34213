import type { Context } from '#lib/context';
import type { AppError } from '#lib/errors';
import { getLogger } from '#lib/log';

/**
 * Logs an error where our side failed, with its cause; a passing one as a warning.
 * @param asked the request's context, or only its id where making the context is what failed
 */
export function noteFailure(
  event: string,
  error: AppError,
  asked: Pick<Context, 'requestId'> & Partial<Pick<Context, 'log'>>,
): void {
  if (error.status < 500) return;
  const level = error.code === 'unavailable' ? 'warn' : 'error';
  (asked.log ?? getLogger())[level]({
    event,
    request_id: asked.requestId,
    error_code: error.code,
    err: error.cause ?? error,
  });
}
