import { type Call, withKey } from '#lib/api/call';
import { noteFailure } from '#lib/api/note-failure';
import { rateHeaders } from '#lib/api/rate-limit';
import { toAnswer } from '#lib/api/tokens';
import type { Runtime } from '#lib/context';
import { problemParts } from '#lib/door/problem';
import { vendToken } from '#lib/tokens/vend-token';
import { contextFor } from '#lib/web/request-context';

/** An answer before it is one of Node's or of the web's. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const vend = /^\/api\/v1\/connections\/(con_[0-9a-z]{32})\/token$/;

/** The connection of a call for a token without a body; undefined for every other call. */
export function vendedBy(method: string, path: string, contentLength: string | null | undefined): string | undefined {
  return method === 'POST' && contentLength === '0' ? vend.exec(path)?.[1] : undefined;
}

/** Answers a vend without a body, as the API's route does and by the same functions; a test holds the two together. */
export async function answerVend(runtime: Runtime, headers: Pick<Headers, 'get'>, id: string): Promise<Answer> {
  const ctx = contextFor(runtime, headers, { type: 'anonymous' });
  const call: Call = { ctx, authorization: headers.get('authorization') ?? undefined };
  try {
    const token = await withKey(call, (key) => vendToken(ctx, { id, key }));
    return toAll(call, 200, { 'content-type': 'application/json' }, JSON.stringify(toAnswer(token)));
  } catch (thrown) {
    const problem = problemParts(noteFailure(ctx, 'POST', thrown), ctx.requestId);
    return toAll(call, problem.status, problem.headers, problem.body);
  }
}

function toAll({ ctx, rate }: Call, status: number, headers: Record<string, string>, body: string): Answer {
  return {
    status,
    headers: {
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-request-id': ctx.requestId,
      ...(rate ? rateHeaders(rate) : {}),
    },
    body,
  };
}
