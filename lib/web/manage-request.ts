import { managePage } from '#lib/connect-sessions/link';
import { findManaged, type ManagedPage } from '#lib/connect-sessions/managed';
import { openManaged } from '#lib/connect-sessions/open-managed';
import type { Context } from '#lib/context';
import type { CookieJar } from '#lib/cookies/cookies';
import { readManaged, writeManaged } from '#lib/cookies/manage-cookies';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, toAppError } from '#lib/errors';
import { revokeConnection } from '#lib/revocation/revoke';
import { requireSameOrigin } from '#lib/web/origin';
import { withFlowResult } from '#lib/web/return-to';

/** Refuses frames, pictures, scripts and browsers that look ahead: only a navigation uses a link up. */
function requireNavigation(headers: Headers): void {
  const mode = headers.get('sec-fetch-mode') ?? 'navigate';
  const dest = headers.get('sec-fetch-dest') ?? 'document';
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? '';
  if (mode !== 'navigate' || dest !== 'document' || /prefetch|prerender/.test(purpose))
    throw new AppError('wrong_origin');
}

/** The page of somebody's connections, in the browser that opened it. @throws AppError `connect_session_over` */
export async function managedPage(ctx: Context, jar: Pick<CookieJar, 'getAll'>, id: string): Promise<ManagedPage> {
  return findManaged(ctx, { id, secret: await readManaged(ctx.config, jar, id) });
}

/** GET /connect-session/open: uses the link up, and binds the page to this browser. Answers 303, the link's secret gone. */
export async function handleOpenManaged(ctx: Context, request: Request, jar: CookieJar): Promise<Response> {
  try {
    requireNavigation(request.headers);
    const opened = await openManaged(ctx, new URL(request.url).searchParams.get('token') ?? '');
    await writeManaged(ctx.config, jar, opened, ctx.now());
    return seeOther(managePage(opened.id));
  } catch (thrown) {
    const error = toAppError(thrown);
    noteFailure('route_failed', error, ctx);
    ctx.refusals.add(ctx, error.code);
    return error.code === 'connect_session_over' ? seeOther(managePage('over')) : refusalPage(error, ctx.requestId);
  }
}

/** POST /connect-session/manage/{id}/disconnect: ends one of the person's connections, and goes back to the page. */
export async function handleDisconnectManaged(
  ctx: Context,
  request: Request,
  jar: CookieJar,
  id: string,
): Promise<Response> {
  let asking = ctx;
  try {
    requireSameOrigin(ctx.config, request.headers);
    const page = await managedPage(ctx, jar, id);
    asking = page.ctx;
    const connection = (await request.formData()).get('connection');
    if (typeof connection !== 'string') throw new AppError('invalid_request');
    await revokeConnection(page.ctx, { id: connection });
    return seeOther(withFlowResult(managePage(id, connection), { flow: 'disconnected' }));
  } catch (thrown) {
    // A body that is no form makes `formData()` throw a TypeError.
    const error = thrown instanceof TypeError ? new AppError('invalid_request', { cause: thrown }) : toAppError(thrown);
    noteFailure('route_failed', error, asking);
    asking.refusals.add(asking, error.code);
    return error.code === 'connect_session_over' ? seeOther(managePage('over')) : refusalPage(error, ctx.requestId);
  }
}
