import { handleCallback, refuseHead } from '#lib/http/callback-request';
import { answerWith } from '#lib/http/web-route';
import { requestCookies } from '#lib/session/request';

/** Where the providers whose record says `redirect_uri: shared` send the browser back to. */
export async function GET(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleCallback(ctx, request, await requestCookies()));
}

export const HEAD = refuseHead;
