import type { Context } from '#lib/context';
import { contextFor } from '#lib/http/request-context';
import { getRuntime } from '#lib/runtime';

/** The context of a request to the machine API: nobody's, until the API itself has checked the key it shows. */
export async function apiContext(request: Request): Promise<Context> {
  return contextFor(await getRuntime(), request.headers, { type: 'anonymous' });
}
