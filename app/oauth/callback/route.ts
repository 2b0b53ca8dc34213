import { handleCallback } from '#lib/http/callback-request';
import { webContext } from '#lib/http/web-context';
import { requestCookies } from '#lib/session/request';

/** Where providers send the browser back to; registered with each of them as this hub's one redirect URI. */
export async function GET(request: Request): Promise<Response> {
  return handleCallback(await webContext(), request, await requestCookies());
}
