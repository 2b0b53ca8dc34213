import { apiContext, apiRuntime } from '#lib/api/api-context';
import { createApi } from '#lib/api/app';
import { createNextMount } from '#lib/api/next-mount';

/** The second mount of the machine API, for where only Next runs; `server.ts` answers before a request comes here. */
const answer = createNextMount(apiRuntime, createApi(apiContext));

/** Nothing here is ever the same twice: without saying so, Next wraps each request to find out. */
export const dynamic = 'force-dynamic';

export {
  answer as DELETE,
  answer as GET,
  answer as HEAD,
  answer as OPTIONS,
  answer as PATCH,
  answer as POST,
  answer as PUT,
};
