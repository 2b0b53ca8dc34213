import { unstable_rethrow } from 'next/navigation';
import type { Context } from '#lib/context';
import { toAppError } from '#lib/errors';
import { noteFailure } from '#lib/http/note-failure';
import { refusalPage } from '#lib/http/oauth-answers';
import { requestIdOf } from '#lib/http/request-context';
import { webContext } from '#lib/http/web-context';
import { requestHeaders } from '#lib/session/request';

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
