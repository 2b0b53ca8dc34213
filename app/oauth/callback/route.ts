import { handleCallback } from '#lib/http/callback-request';
import { answerWith } from '#lib/http/web-route';
import { requestCookies } from '#lib/session/request';

/** Where providers send the browser back to; registered with each of them as this hub's one redirect URI. */
export async function GET(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleCallback(ctx, request, await requestCookies()));
}
