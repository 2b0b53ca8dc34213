import { requestCookies } from '#lib/cookies/request';
import { seeOther } from '#lib/door/oauth-answers';
import { connectPage } from '#lib/web/return-to';
import { handleStart } from '#lib/web/start-request';
import { answerWith } from '#lib/web/web-route';

/** Begins a flow. */
export async function POST(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleStart(ctx, request, await requestCookies()));
}

/** A link cannot begin one (login CSRF); it shows the page with the button. */
export function GET(request: Request): Response {
  return seeOther(connectPage(new URL(request.url).searchParams));
}
