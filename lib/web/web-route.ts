import { unstable_rethrow } from 'next/navigation';
import type { Context } from '#lib/context';
import { requestHeaders } from '#lib/cookies/request';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage } from '#lib/door/oauth-answers';
import { toAppError } from '#lib/errors';
import { requestIdOf } from '#lib/web/request-context';
import { webContext } from '#lib/web/web-context';

/** Answers a route with what `work` makes, or with a page that says why not, also where the context cannot be made. */
export async function answerWith(work: (ctx: Context) => Promise<Response>): Promise<Response> {
  let ctx: Context | undefined;
  try {
    ctx = await webContext();
    return await work(ctx);
  } catch (thrown) {
    unstable_rethrow(thrown);
    const error = toAppError(thrown);
    const asked = ctx ?? { requestId: requestIdOf(await requestHeaders()) };
    noteFailure('route_failed', error, asked);
    return refusalPage(error, asked.requestId);
  }
}
