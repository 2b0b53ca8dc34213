import { setTimeout as pause } from 'node:timers/promises';
import { type Flow, type FlowBinding, type FlowIntent, type FlowOutcome, flowSeconds } from '#lib/authorization/flow';
import { claimRow, readFlow, readOutcome } from '#lib/authorization/flow-rows';
import { redirectUri } from '#lib/authorization/redirect-uri';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';

/** Looks for what a browser holds of the flow with that state; `unreadable` where it does not open any more. */
export type FindBinding = (state: string) => Promise<FlowBinding | 'unreadable' | undefined>;

/** A flow that this answer may end, or how it ended with an answer before. */
export type ClaimedFlow = { flow: Flow } | { again: FlowOutcome | 'running' };

/** How long a second answer waits for the end of the first before the browser is asked to come again. */
const waits = { milliseconds: 200, times: 15 };
/** No end takes longer: its process is gone. Seconds. */
const longestEnd = 180;

/** Our own words for an answer without a state: it may come from anybody. */
function withoutState({ searchParams }: URL): { message?: string } {
  if (searchParams.has('error'))
    return {
      message: 'The provider refused, or you declined, and it does not say which attempt. Nothing was connected.',
    };
  if (['code', 'installation_id', 'setup_action'].some((name) => searchParams.has(name)))
    return {
      message:
        'This was begun at the provider, as by installing the application there, and not here. Nothing was connected yet.',
    };
  return {};
}

/**
 * An answer counts only at the redirect URI that was sent for its flow, before anything else of it is believed: at
 * another provider's, its code was issued by another server (RFC 9700 §4.4). The flow ends with it.
 */
async function assertOwnCallback(ctx: Context, url: URL, { state, provider }: Flow, claimed: () => void) {
  const record = ctx.providers.get(provider);
  if (record && new URL(redirectUri(ctx, record)).pathname === url.pathname) return;
  if (await claimRow(ctx, state)) claimed();
  throw new AppError(record ? 'callback_mismatch' : 'unknown_provider');
}

/**
 * Only the session that began it ends a flow, or comes again to its end. Signing in and connect sessions have none: the
 * flow's cookie alone binds them to their browser.
 */
function assertOwnSession(ctx: Context, { intent, sessionId }: { intent: FlowIntent; sessionId: string | null }): void {
  if (intent === 'sign_in') return;
  if (sessionId === null && intent !== 'step_up') return;
  if (ctx.actor.type !== 'person') throw new AppError('unauthenticated');
  if (ctx.actor.sessionId !== sessionId) throw new AppError('flow_other_person');
}

/**
 * The end of a flow for the browser that brings its answer again: a reload, or the second click of two. While the first
 * is under way it is waited for. The code is not looked at, and never exchanged.
 */
async function comeAgain(ctx: Context, state: string): Promise<FlowOutcome | 'running'> {
  for (let waited = 0; ; waited++) {
    const found = await readOutcome(ctx, state);
    if (!found) throw new AppError('flow_expired');
    if ('outcome' in found) return found.outcome;
    if (found.runningSeconds > longestEnd) throw new AppError('flow_interrupted');
    if (waited === waits.times) return 'running';
    await pause(waits.milliseconds);
  }
}

/**
 * Matches the answer to a flow that this browser and this session began, and uses it up.
 * @param claimed told once the flow is used up
 * @throws AppError `duplicate_parameter`, `state_missing`, `state_unknown`, `state_reused`, `flow_expired`,
 *   `flow_interrupted`, `callback_mismatch`, `unknown_provider`, `unauthenticated` or `flow_other_person`
 */
export async function claimFlow(ctx: Context, url: URL, find: FindBinding, claimed: () => void): Promise<ClaimedFlow> {
  const states = url.searchParams.getAll('state');
  if (states.length > 1) throw new AppError('duplicate_parameter');
  const state = states[0];
  if (!state) throw new AppError('state_missing', withoutState(url));
  const [binding, row] = [await find(state), await readFlow(ctx, state)];
  if (!binding) throw new AppError(row?.state === 'claimed' ? 'state_reused' : 'state_unknown');
  if (binding === 'unreadable' || !row) throw new AppError('flow_expired');
  // The seal counts, not the cookie's name: who knows a state could give that name to a cookie of their own flow.
  if (binding.state !== state) throw new AppError('state_mismatch');
  if (row.state === 'claimed') {
    // A step-up gives its session a new secret: who comes again may hold the old one still, which opens nothing.
    const stale = row.intent === 'step_up' && ctx.actor.type === 'anonymous';
    if (!stale) assertOwnSession(ctx, row);
    return { again: await comeAgain(ctx, state) };
  }
  const flow: Flow = { ...row.open(), ...binding };
  await assertOwnCallback(ctx, url, flow, claimed);
  if (ctx.now().getTime() - flow.startedAt > flowSeconds * 1000) throw new AppError('flow_expired');
  assertOwnSession(ctx, flow);
  if (!(await claimRow(ctx, state))) return { again: await comeAgain(ctx, state) };
  claimed();
  return { flow };
}
