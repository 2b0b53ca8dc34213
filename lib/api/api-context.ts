import type { Context, Runtime } from '#lib/context';
import { getRuntime } from '#lib/runtime';
import { contextFor } from '#lib/web/request-context';

/** The parts of this process for the machine API, where Next mounts it. */
export const apiRuntime = (): Promise<Runtime> => getRuntime();

/** The context of a request to the machine API: anonymous, until the API itself has checked the key it shows. */
export async function apiContext(request: Request): Promise<Context> {
  return contextFor(await getRuntime(), request.headers, { type: 'anonymous' });
}
