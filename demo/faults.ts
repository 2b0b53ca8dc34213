import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Ctx, Namesake } from '#demo/namesake';
import type { Switches } from '#demo/switches';

const page = '<!doctype html><title>Service unavailable</title><h1>Service unavailable</h1>';

/** Answers as the switches say, with nothing processed. False where they say nothing. */
export async function answerFault(
  ctx: Ctx,
  switches: Switches,
  { onRateLimit }: Pick<Namesake, 'onRateLimit'>,
): Promise<boolean> {
  const { token_status: status, token_body: body, retry_after_s: retryAfter } = switches;
  if (status === null && body === null) return false;
  ctx.status = status ?? 200;
  if ((status === 429 || status === 503) && retryAfter !== null) ctx.set('retry-after', String(retryAfter));
  switch (body) {
    case 'html':
      ctx.type = 'html';
      ctx.body = page;
      break;
    case 'empty':
      ctx.type = 'application/json';
      setBody(ctx, '');
      break;
    case 'garbage':
      ctx.type = 'application/json';
      setBody(ctx, '{"access_token":"\u0000\u0007');
      break;
    case 'huge':
      ctx.type = 'application/json';
      setBody(ctx, Readable.from(huge()));
      break;
    case 'hang':
      // The caller gives up, or the server closes.
      ctx.respond = false;
      if (!ctx.req.socket.destroyed) await once(ctx.req.socket, 'close');
      break;
    default:
      ctx.type = 'application/json';
      setBody(ctx, JSON.stringify(refusal()));
  }
  return true;

  function refusal(): unknown {
    if (status !== 429) return { error: 'temporarily_unavailable' };
    return onRateLimit?.(ctx, retryAfter) ?? { error: 'slow_down' };
  }
}

function setBody(ctx: Ctx, body: string | Readable): void {
  const { status } = ctx;
  const type = ctx.response.get('content-type');
  ctx.body = body;
  ctx.status = status;
  ctx.set('content-type', type);
}

/** A JSON document of 16 MiB that never gets to its end. */
function* huge(): Generator<string> {
  yield '{"token_type":"Bearer","access_token":"';
  for (let chunk = 0; chunk < 256; chunk += 1) yield 'a'.repeat(64 * 1024);
}
