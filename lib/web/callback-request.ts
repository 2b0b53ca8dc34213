import { limitRate } from '#lib/api-keys/rate-limit';
import { completeFlow, type FlowResult } from '#lib/authorization/complete';
import { type FlowBinding, type FlowOutcome, flowSeconds } from '#lib/authorization/flow';
import { keepOutcome } from '#lib/authorization/flow-rows';
import { backToApplication } from '#lib/connect-sessions/back-to-application';
import type { Context } from '#lib/context';
import type { CookieJar } from '#lib/cookies/cookies';
import { clearFlow, endFlow, findFlow } from '#lib/cookies/flow-cookies';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage, runningPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, type ErrorCode, toAppError } from '#lib/errors';
import { knownProviderError } from '#lib/provider-errors';
import { resolveSession } from '#lib/sign-in/sessions';
import { defaultReturnTo, pageOfFlow, withFlowResult } from '#lib/web/return-to';

/** Answers that look like an attack, or that no page waits for: refused where they stand, with a 4xx. */
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
  let held: HeldFlow | undefined;
  const result = await completeFlow(ctx, {
    url,
    find: async (state) => {
      held = await findFlow<FlowBinding>(ctx.config, jar, state, flowSeconds);
      return held?.flow;
    },
  });
  const answer =
    result.ok === 'again' ? await answerAgain(ctx, url, result.outcome, jar) : await answerEnd(ctx, url, result, jar);
  // Only for the browser of this flow. The cookie is of no use any more but for coming again.
  if (held) await endCookie(ctx, jar, held, result.ok === 'again' || result.claimed);
  if (result.claimed && held && held.flow !== 'unreadable') await rememberOutcome(ctx, held.flow.state, answer.outcome);
  return answer.response;
}

/** An end of its own, not one that is told again. */
type EndedFlow = Exclude<FlowResult, { ok: 'again' }>;

type HeldFlow = NonNullable<Awaited<ReturnType<typeof findFlow<FlowBinding>>>>;

/** An answer, and what the same browser is answered when it comes again. */
interface Answer {
  response: Response;
  outcome: FlowOutcome;
}

const sendTo = (location: string, session?: { id: string; seconds: number }): Answer => ({
  response: seeOther(location),
  outcome: { location, ...(session ? { session } : {}) },
});

/** Where the person begins anew: the redirect URI names the provider. */
function beginAgain(ctx: Context, { pathname }: URL, { code }: AppError) {
  if (!['state_missing', 'state_unknown', 'flow_expired'].includes(code)) return undefined;
  const provider = ctx.providers.get(/^\/oauth\/callback\/([^/]+)$/.exec(pathname)?.[1] ?? '');
  if (!provider?.connect) return undefined;
  return { href: `/connect?provider=${encodeURIComponent(provider.id)}`, words: `Connect ${provider.name}` };
}

/** The same page at each load. */
const refusedHere = (ctx: Context, url: URL, error: AppError, reference: string): Response =>
  refusalPage(error, reference, { onward: beginAgain(ctx, url, error) });

async function answerEnd(ctx: Context, url: URL, result: EndedFlow, jar: CookieJar): Promise<Answer> {
  if (result.ok) {
    const { intent, provider: id } = result;
    ctx.log.info({ event: 'flow_completed', request_id: ctx.requestId, provider: id, intent });
    if ('session' in result) {
      const { id, seconds } = result.session;
      await writeSessionId(ctx.config, jar, id, seconds);
      return sendTo(result.returnTo, { id, seconds });
    }
    if ('backToApplication' in result) return sendTo(result.backToApplication);
    const { flow, provider, connectionId, unsettled } = result;
    // Stored already: the connection's own page asks for the rest.
    const page = unsettled ? `/connections/${connectionId}` : result.returnTo;
    return sendTo(withFlowResult(page, { flow, provider, connection: connectionId }));
  }
  const { error, flow } = result;
  if (!flow || outright.includes(error.code)) {
    const { code: refused, message } = error;
    return {
      response: refusedHere(ctx, url, error, ctx.requestId),
      outcome: { refused, message, reference: ctx.requestId },
    };
  }
  const { provider, connectionId, connectSession } = flow;
  if (connectSession)
    return sendTo(backToApplication(flow.returnTo, { session: connectSession.id, error: error.code }));
  return sendTo(
    withFlowResult(pageOfFlow(flow), {
      flow: error.code,
      provider,
      connection: connectionId,
      ref: ctx.requestId,
      provider_error: knownErrorOf(error),
    }),
  );
}

/** The browser of an ended flow comes again: a reload, or the second click of two. */
async function answerAgain(ctx: Context, url: URL, outcome: FlowOutcome | 'running', jar: CookieJar): Promise<Answer> {
  ctx.log.info({ event: 'flow_again', request_id: ctx.requestId });
  if (outcome === 'running') return { response: runningPage(ctx.requestId), outcome: { location: defaultReturnTo } };
  if ('refused' in outcome) {
    const error = new AppError(outcome.refused as ErrorCode, { message: outcome.message });
    return { response: refusedHere(ctx, url, error, outcome.reference), outcome };
  }
  const { session, location } = outcome;
  // The first answer may never have reached the browser. One that has a session keeps it.
  if (session && ctx.actor.type === 'anonymous' && (await resolveSession(ctx, session.id)))
    await writeSessionId(ctx.config, jar, session.id, session.seconds);
  return { response: seeOther(location), outcome };
}

async function endCookie(ctx: Context, jar: CookieJar, { name, flow }: HeldFlow, used: boolean): Promise<void> {
  if (used && flow !== 'unreadable') await endFlow(ctx.config, jar, name, flow, flowSeconds);
  else clearFlow(ctx.config, jar, name);
}

/** The work of the first call stands: a browser that comes again is then told that it was interrupted. */
async function rememberOutcome(ctx: Context, state: string, outcome: FlowOutcome): Promise<void> {
  try {
    await keepOutcome(ctx, state, outcome);
  } catch (error) {
    ctx.log.warn({ event: 'flow_outcome_not_kept', request_id: ctx.requestId, err: error });
  }
}

/** HEAD: link scanners send it with the person's cookies, and must not finish a flow. */
export function refuseHead(): Response {
  return new Response(null, { status: 405, headers: { allow: 'GET', 'cache-control': 'no-store' } });
}
