import { requestCookies } from '#lib/cookies/request';
import { handleCallback, refuseHead } from '#lib/web/callback-request';
import { answerWith } from '#lib/web/web-route';

/** Providers with `redirect_uri: shared` in their record send the browser back to this address. */
export async function GET(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleCallback(ctx, request, await requestCookies()));
}

export const HEAD = refuseHead;
