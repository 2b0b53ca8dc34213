import { handleCallback, refuseHead } from '#lib/http/callback-request';
import { webContext } from '#lib/http/web-context';
import { requestCookies } from '#lib/session/request';

/** Where a provider sends the browser back to: each is given a redirect URI of its own. */
export async function GET(request: Request): Promise<Response> {
  return handleCallback(await webContext(), request, await requestCookies());
}

export const HEAD = refuseHead;
