import type { RequestListener } from 'node:http';
import { answerVend, vendedBy } from '#lib/api/vend-answer';
import type { Runtime } from '#lib/context';

/**
 * Answers the one call that a hub is asked all day, a vend without a body, on Node's own request and response: to make
 * the web's objects of them costs a fifth of a vend.
 * @param others answers everything else of the API
 */
export function vendListener(runtime: Runtime, others: RequestListener): RequestListener {
  return (request, response) => {
    const { headers } = request;
    const id = vendedBy(request.method ?? '', request.url ?? '', headers['content-length']);
    if (id === undefined) return others(request, response);
    answerVend(runtime, { get: (name) => (headers[name] as string | undefined) ?? null }, id).then(
      (answer) => {
        response.writeHead(answer.status, answer.headers);
        response.end(answer.body);
      },
      (error: unknown) => {
        runtime.log.error({ event: 'listener_failed', err: error });
        response.destroy();
      },
    );
  };
}
