import { handleCallback, refuseHead } from '#lib/http/callback-request';
import { webContext } from '#lib/http/web-context';
import { requestCookies } from '#lib/session/request';

/** Where the providers whose record says `redirect_uri: shared` send the browser back to. */
export async function GET(request: Request): Promise<Response> {
  return handleCallback(await webContext(), request, await requestCookies());
}

export const HEAD = refuseHead;
