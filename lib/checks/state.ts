import { inArray } from 'drizzle-orm';
import { claimFlow, type FindBinding } from '#lib/authorization/claim-flow';
import type { FlowBinding, FlowDetails } from '#lib/authorization/flow';
import { flowId, saveFlow } from '#lib/authorization/flow-rows';
import { redirectUri } from '#lib/authorization/redirect-uri';
import type { HubCheck, Observation } from '#lib/checks/check';
import type { Context } from '#lib/context';
import { flows } from '#lib/db/schema/flows';
import { isAppError } from '#lib/errors';
import { createFlowSecrets } from '#lib/oauth/authorization-request';
import { checkCallback } from '#lib/oauth/check-callback';
import { isOAuthError } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** A flow that only this check knows, and what a browser would hold of it. */
async function beginFlow(ctx: Context, provider: ProviderRecord): Promise<FlowBinding & Pick<FlowDetails, 'pinned'>> {
  const { state, nonce, verifier } = createFlowSecrets();
  const { issuer } = provider;
  // No call goes there: a forged answer has to be refused before anything is asked of the provider.
  const nowhere = 'https://endpoint.invalid/';
  const pinned = {
    issuer,
    authorization_endpoint: nowhere,
    token_endpoint: nowhere,
    authorization_response_iss_parameter_supported: false,
  };
  const fresh = { scopes: [], accountParams: {}, connectionId: null, returnTo: '/', sessionId: null };
  await saveFlow(ctx, ctx.database.db, state, { provider: provider.id, intent: 'sign_in', pinned, ...fresh });
  return { state, nonce, verifier, startedAt: ctx.now().getTime(), pinned };
}

const changed = (state: string) => `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`;

/** How the callback ends: its code, or null where it took the answer. */
async function endOf(work: () => Promise<unknown> | unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (isAppError(error) || isOAuthError(error)) return error.code;
    throw error;
  }
}

/** The steps of the callback that look at state. */
export interface CallbackSteps {
  claimFlow: typeof claimFlow;
  checkCallback: typeof checkCallback;
}

/** Tries the callback's own steps with forged answers; then with the true one, which has to pass. */
async function tryAnswers(ctx: Context, provider: ProviderRecord, steps: CallbackSteps): Promise<Observation> {
  const [own, other] = [await beginFlow(ctx, provider), await beginFlow(ctx, provider)];
  const lookedAt = `6 forged answers and a true one at ${redirectUri(ctx, provider)}`;
  const answer = (...states: string[]) => {
    const url = new URL(redirectUri(ctx, provider));
    url.searchParams.set('code', 'made-up');
    for (const state of states) url.searchParams.append('state', state);
    return url;
  };
  const claim = (url: URL, find: FindBinding) => steps.claimFlow(ctx, url, find, () => {});
  const honest: FindBinding = async (state) => (state === own.state ? own : undefined);
  // A cookie's name is the browser's word only.
  const renamed: FindBinding = async () => own;
  const forged: [string, () => Promise<unknown> | unknown][] = [
    ['without state', () => claim(answer(), honest)],
    ['with a changed state', () => claim(answer(changed(own.state)), honest)],
    ['with a changed state and a renamed cookie', () => claim(answer(changed(own.state)), renamed)],
    ['with the state of another flow', () => claim(answer(other.state), renamed)],
    ['with two states', () => claim(answer(own.state, other.state), honest)],
    [
      'with a state that the flow does not have',
      () => steps.checkCallback(provider, own.pinned, answer(changed(own.state)), { state: own.state }),
    ],
  ];
  try {
    for (const [what, attempt] of forged) {
      if ((await endOf(attempt)) !== null) continue;
      const mend = 'Stop this version of the hub: it would take the code of an attacker. Tell its makers.';
      return { result: 'fails', lookedAt, found: `The callback took an answer ${what}.`, mend };
    }
    const refusal = await endOf(() => claim(answer(own.state), honest));
    if (refusal !== null)
      return { result: 'fails', lookedAt, found: `The callback refused the true answer, too (${refusal}).` };
    return { result: 'passes', lookedAt, found: 'The callback refused each forged answer, and took the true one.' };
  } finally {
    const ids = [own, other].map(({ state }) => flowId(state));
    await ctx.database.db.delete(flows).where(inArray(flows.id, ids));
  }
}

/** Tries forged answers on the first provider's callback. @param steps those of the product, or broken ones of a test */
export async function lookAtState(
  ctx: Context,
  steps: CallbackSteps = { claimFlow, checkCallback },
): Promise<Observation> {
  const [provider] = ctx.providers.list();
  if (provider) return tryAnswers(ctx, provider, steps);
  return { result: 'unknown', lookedAt: 'the callback', found: 'No provider is configured, so no flow can begin.' };
}

export const state: HubCheck = {
  id: 'state',
  name: 'Forged answers at the callback',
  line: 'state',
  scope: 'hub',
  alert: 'critical',
  look: (ctx) => lookAtState(ctx),
};
