import type { Api } from '#lib/api/app';
import { answerVend, vendedBy } from '#lib/api/vend-answer';
import type { Runtime } from '#lib/context';
import { alwaysHeaders } from '#lib/door/security-headers';

/**
 * The machine API as Next's route handler answers it, with the headers that belong on every answer: Next's proxy does
 * not run for the API, because it costs about as much as a vend. A vend without a body goes past the framework here too.
 */
export function createNextMount(getRuntime: () => Promise<Runtime>, api: Api) {
  return async (request: Request): Promise<Response> => {
    const { method, headers } = request;
    const runtime = await getRuntime();
    const { pathname, search } = new URL(request.url);
    const id = vendedBy(method, pathname + search, headers.get('content-length'));
    const always = alwaysHeaders(runtime.config);
    if (id !== undefined) {
      const { body, ...answer } = await answerVend(runtime, headers, id);
      return new Response(body, { status: answer.status, headers: { ...answer.headers, ...always } });
    }
    const answer = await api.fetch(request);
    for (const [name, value] of Object.entries(always)) answer.headers.set(name, value);
    return answer;
  };
}
