import { requestCookies } from '#lib/cookies/request';
import { handleCallback, refuseHead } from '#lib/web/callback-request';
import { answerWith } from '#lib/web/web-route';

/** Where the providers whose record says `redirect_uri: shared` send the browser back to. */
export async function GET(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleCallback(ctx, request, await requestCookies()));
}

export const HEAD = refuseHead;
