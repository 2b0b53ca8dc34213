import { limitRate } from '#lib/api-keys/rate-limit';
import { flowSeconds } from '#lib/authorization/flow';
import { type StartFlowInput, startFlow, startFlowInput } from '#lib/authorization/start';
import { connectSessionPage, managePage } from '#lib/connect-sessions/link';
import type { Context } from '#lib/context';
import type { CookieJar } from '#lib/cookies/cookies';
import { writeFlow } from '#lib/cookies/flow-cookies';
import { readManaged } from '#lib/cookies/manage-cookies';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, toAppError } from '#lib/errors';
import { requireSameOrigin } from '#lib/web/origin';
import { pageOfFlow, safeReturnTo, typedPrefix, withFlowResult } from '#lib/web/return-to';

const accountParam = /^account_params\.([a-z0-9_]{1,40})$/;

function readForm(form: FormData): StartFlowInput {
  const text = (name: string) => {
    const value = form.get(name);
    // PostgreSQL takes no zero byte in a text.
    return typeof value === 'string' && value !== '' ? value.replaceAll('\0', '') : undefined;
  };
  const accountParams: Record<string, string> = {};
  for (const [field, value] of form) {
    const name = accountParam.exec(field)?.[1];
    if (name && typeof value === 'string') accountParams[name] = value;
  }
  const parsed = startFlowInput.safeParse({
    intent: text('intent'),
    provider: text('provider'),
    connectionId: text('connection_id'),
    returnTo: safeReturnTo(text('return_to')),
    accountParams,
    trace: text('trace'),
    connectSession: text('connect_session'),
  });
  if (!parsed.success) throw new AppError('invalid_request', { cause: parsed.error });
  return parsed.data;
}

/** The page of somebody's connections that a form came from, and its secret: in this browser's cookie, never in a form. */
async function withSecret(ctx: Context, jar: CookieJar, form: FormData, input: StartFlowInput) {
  const id = form.get('manage');
  if (typeof id !== 'string') return { input, page: undefined };
  const secret = await readManaged(ctx.config, jar, id);
  if (secret === undefined) throw new AppError('connect_session_over');
  return { input: { ...input, connectSession: secret, managing: true }, page: managePage(id) };
}

/** Where a failed start is shown: on the card it began at, or on the page for signing in. */
function failedStart(ctx: Context, input: StartFlowInput, code: string, page: string | undefined): string {
  const result: Record<string, string | undefined> = {
    flow: code,
    provider: input.provider,
    connection: input.connectionId,
    ref: ctx.requestId,
  };
  // Only what can be mended by typing: other parts go nowhere.
  if (code === 'account_part_invalid') {
    const { accountParams } = input;
    for (const { name } of ctx.providers.get(input.provider ?? '')?.account_params ?? [])
      result[typedPrefix + name] = accountParams[name]?.slice(0, 100);
  }
  const { connectSession: token } = input;
  if (page !== undefined) return withFlowResult(page, result);
  return withFlowResult(token === undefined ? pageOfFlow(input) : connectSessionPage(token), result);
}

/** POST /oauth/start: begins a flow and answers 303 to the provider, with what binds the flow in a cookie of its own. */
export async function handleStart(ctx: Context, request: Request, jar: CookieJar): Promise<Response> {
  let input: StartFlowInput | undefined;
  let page: string | undefined;
  try {
    requireSameOrigin(ctx.config, request.headers);
    // Before the form is read: reading costs more than refusing.
    await limitRate(ctx, 'start');
    const form = await request.formData();
    input = readForm(form);
    // Its person has no page of the hub's own, also where this browser did not open it.
    if (form.has('manage')) page = managePage('over');
    ({ input, page } = await withSecret(ctx, jar, form, input));
    if (input.intent === 'sign_in' || input.intent === 'step_up') await limitRate(ctx, 'sign_in');
    const { location, binding } = await startFlow(ctx, input);
    await writeFlow(ctx.config, jar, binding, flowSeconds);
    return seeOther(location.href);
  } catch (thrown) {
    // A body that is no form makes `formData()` throw a TypeError.
    const error =
      thrown instanceof TypeError && !input ? new AppError('invalid_request', { cause: thrown }) : toAppError(thrown);
    noteFailure('start_failed', error, ctx);
    // Only a provider that there is: the ledger must not take words from a form.
    ctx.refusals.add(ctx, error.code, ctx.providers.get(input?.provider ?? '')?.id);
    const outright = !input || error.code === 'rate_limited' || error.code === 'unavailable';
    return outright || !input ? refusalPage(error, ctx.requestId) : seeOther(failedStart(ctx, input, error.code, page));
  }
}
