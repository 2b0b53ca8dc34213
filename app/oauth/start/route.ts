import { seeOther } from '#lib/http/oauth-answers';
import { connectPage } from '#lib/http/return-to';
import { handleStart } from '#lib/http/start-request';
import { answerWith } from '#lib/http/web-route';
import { requestCookies } from '#lib/session/request';

/** Begins a flow. */
export async function POST(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleStart(ctx, request, await requestCookies()));
}

/** A link cannot begin one (login CSRF); it shows the page with the button. */
export function GET(request: Request): Response {
  return seeOther(connectPage(new URL(request.url).searchParams));
}
