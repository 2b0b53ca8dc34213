import { handleCallback, refuseHead } from '#lib/http/callback-request';
import { answerWith } from '#lib/http/web-route';
import { requestCookies } from '#lib/session/request';

/** Where a provider sends the browser back to: each is given a redirect URI of its own. */
export async function GET(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleCallback(ctx, request, await requestCookies()));
}

export const HEAD = refuseHead;
