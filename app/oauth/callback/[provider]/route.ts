import { requestCookies } from '#lib/cookies/request';
import { handleCallback, refuseHead } from '#lib/web/callback-request';
import { answerWith } from '#lib/web/web-route';

/** Where a provider sends the browser back to: each is given a redirect URI of its own. */
export async function GET(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleCallback(ctx, request, await requestCookies()));
}

export const HEAD = refuseHead;
