import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Call, withKey } from '#lib/api/call';
import { noteFailure } from '#lib/api/note-failure';
import { rateHeaders } from '#lib/api/rate-limit';
import { toAnswer } from '#lib/api/tokens';
import { vendToken } from '#lib/connections/vend-token';
import type { Runtime } from '#lib/context';
import { problemParts } from '#lib/http/problem';
import { contextFor } from '#lib/http/request-context';

const vend = /^\/api\/v1\/connections\/(con_[0-9a-z]{32})\/token$/;

/**
 * Answers the one call that a hub is asked all day, a vend without a body, on Node's own request and response: to make
 * the web's objects of them costs a fifth of a vend. It does what the API's route does, by the same functions, and a
 * test holds the two together.
 * @param others answers everything else of the API
 */
export function vendListener(runtime: Runtime, others: RequestListener): RequestListener {
  return (request, response) => {
    const id = request.method === 'POST' ? vend.exec(request.url ?? '')?.[1] : undefined;
    if (id === undefined || request.headers['content-length'] !== '0') return others(request, response);
    answer(runtime, request, response, id).catch((error: unknown) => {
      runtime.log.error({ event: 'listener_failed', err: error });
      response.destroy();
    });
  };
}

async function answer(runtime: Runtime, request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
  const { headers } = request;
  const ctx = contextFor(
    runtime,
    { get: (name) => (headers[name] as string | undefined) ?? null },
    { type: 'anonymous' },
  );
  const call: Call = { ctx, authorization: headers.authorization };
  try {
    const token = await withKey(call, (key) => vendToken(ctx, { id, key }));
    send(response, call, 200, { 'content-type': 'application/json' }, JSON.stringify(toAnswer(token)));
  } catch (thrown) {
    const problem = problemParts(noteFailure(ctx, 'POST', thrown), ctx.requestId);
    send(response, call, problem.status, problem.headers, problem.body);
  }
}

function send(response: ServerResponse, call: Call, status: number, headers: Record<string, string>, body: string) {
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-request-id': call.ctx.requestId,
    ...(call.rate ? rateHeaders(call.rate) : {}),
  });
  response.end(body);
}
