import { requestCookies } from '#lib/cookies/request';
import { refuseHead } from '#lib/web/callback-request';
import { handleOpenManaged } from '#lib/web/manage-request';
import { answerWith } from '#lib/web/web-route';

/** Opens the page of a person's connections at an application, by the application's link. */
export async function GET(request: Request): Promise<Response> {
  return answerWith(async (ctx) => handleOpenManaged(ctx, request, await requestCookies()));
}

/** A link scanner must not use the link up. */
export const HEAD = refuseHead;
