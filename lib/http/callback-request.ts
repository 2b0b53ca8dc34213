import { limitRate } from '#lib/access/rate-limit';
import { completeFlow } from '#lib/connections/complete';
import { type Transaction, transactionSeconds } from '#lib/connections/transaction';
import type { Context } from '#lib/context';
import { type AppError, type ErrorCode, toAppError } from '#lib/errors';
import { noteFailure } from '#lib/http/note-failure';
import { refusalPage, seeOther } from '#lib/http/oauth-answers';
import { pageOfFlow, withFlowResult } from '#lib/http/return-to';
import { knownProviderError } from '#lib/provider-errors';
import type { CookieJar } from '#lib/session/cookies';
import { writeSessionId } from '#lib/session/session-cookie';
import { clearTransaction, findTransaction } from '#lib/session/transaction-cookies';

/** Answers that smell of an attack, or that nobody's page waits for: refused where they stand, with a 4xx. */
const outright: readonly ErrorCode[] = [
  'duplicate_parameter',
  'state_missing',
  'state_unknown',
  'state_reused',
  'state_mismatch',
  'callback_mismatch',
  'iss_mismatch',
  'iss_missing',
];

function refuse(ctx: Context, error: AppError): Response {
  ctx.refusals.add(ctx, error.code);
  return refusalPage(error, ctx.requestId);
}

/** The provider's code that the page has words for, the more exact one first. */
function knownErrorOf({ cause, providerError }: AppError): string | null {
  const exact = cause instanceof Error && 'providerSubcode' in cause ? String(cause.providerSubcode) : null;
  return knownProviderError(exact, providerError);
}

/** GET /oauth/callback/{provider}: ends a flow and answers 303 to where it began, without a trace of the code in the address. */
export async function handleCallback(ctx: Context, request: Request, jar: CookieJar): Promise<Response> {
  try {
    await limitRate(ctx, 'callback');
  } catch (thrown) {
    const error = toAppError(thrown);
    noteFailure('callback_failed', error, ctx);
    return refuse(ctx, error);
  }
  // The path and query as they came; the origin is ours, whatever the Host header says.
  const { pathname, search } = new URL(request.url);
  const url = new URL(search, new URL(pathname, ctx.config.appUrl));
  let cookie: string | undefined;
  const result = await completeFlow(ctx, {
    url,
    find: async (state) => {
      const found = await findTransaction<Transaction>(ctx.config, jar, state, transactionSeconds);
      cookie = found?.name;
      return found;
    },
  });
  // Only for the browser whose flow it was; its cookie is of no use any more, however it ended.
  if (cookie) clearTransaction(ctx.config, jar, cookie);

  if (result.ok) {
    const { intent, provider: id } = result;
    ctx.log.info({ event: 'flow_completed', request_id: ctx.requestId, provider: id, intent });
    if ('session' in result) {
      await writeSessionId(ctx.config, jar, result.session.id, result.session.seconds);
      return seeOther(result.returnTo);
    }
    const { flow, provider, connectionId } = result;
    return seeOther(withFlowResult(result.returnTo, { flow, provider, connection: connectionId }));
  }
  const { error, transaction } = result;
  if (!transaction || outright.includes(error.code)) return refusalPage(error, ctx.requestId);
  const { provider, connectionId } = transaction;
  return seeOther(
    withFlowResult(pageOfFlow(transaction), {
      flow: error.code,
      provider,
      connection: connectionId,
      ref: ctx.requestId,
      provider_error: knownErrorOf(error),
    }),
  );
}

/** HEAD: link scanners send it with the person's cookies, and must not finish a flow. */
export function refuseHead(): Response {
  return new Response(null, { status: 405, headers: { allow: 'GET', 'cache-control': 'no-store' } });
}
