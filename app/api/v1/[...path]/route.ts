import { createApi } from '#lib/api/app';
import { apiContext } from '#lib/http/api-context';

/** The second mount of the machine API, for where only Next runs; `server.ts` answers before a request comes here. */
const api = createApi(apiContext);
const answer = (request: Request) => api.fetch(request);

export {
  answer as DELETE,
  answer as GET,
  answer as HEAD,
  answer as OPTIONS,
  answer as PATCH,
  answer as POST,
  answer as PUT,
};
