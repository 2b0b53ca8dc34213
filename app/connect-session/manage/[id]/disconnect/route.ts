import { requestCookies } from '#lib/cookies/request';
import { handleDisconnectManaged } from '#lib/web/manage-request';
import { answerWith } from '#lib/web/web-route';

/** Ends a connection of the person to whom the application showed theirs. */
export async function POST(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return answerWith(async (ctx) => handleDisconnectManaged(ctx, request, await requestCookies(), id));
}
