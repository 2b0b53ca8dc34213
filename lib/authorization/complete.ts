import { claimFlow, type FindBinding } from '#lib/authorization/claim-flow';
import { showCodeTwice } from '#lib/authorization/code-twice';
import type { Flow, FlowOutcome } from '#lib/authorization/flow';
import { type Exchanged, grantOf, missingIn } from '#lib/authorization/grant-of-answer';
import { fromProtocolError, ledgerCode } from '#lib/authorization/protocol-error';
import { redirectUri } from '#lib/authorization/redirect-uri';
import { assertSameClient } from '#lib/authorization/same-client';
import { type Grant, storeGrant } from '#lib/authorization/store-grant';
import { followFlow, settleTraced } from '#lib/authorization/traced-flow';
import { backToApplication } from '#lib/connect-sessions/back-to-application';
import { failConnectSession } from '#lib/connect-sessions/end';
import { holdGrant } from '#lib/connect-sessions/hold-grant';
import { assertNotFrozen } from '#lib/connections/frozen';
import type { Context } from '#lib/context';
import { readClock } from '#lib/db/clock';
import { AppError, isAppError, toAppError } from '#lib/errors';
import type { Follower } from '#lib/flow-trace/follow-flow';
import type { CodeTwice, FlowTrace } from '#lib/flow-trace/trace';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { learnParts } from '#lib/oauth/account-params';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { isOAuthError, type ReceivedTokens } from '#lib/oauth/types';
import { providerDetails } from '#lib/provider-calls/provider-details';
import { knownProviderError } from '#lib/provider-errors';
import type { ProviderRecord } from '#lib/providers/record';
import { keepRefused } from '#lib/revocation/keep-refused';
import type { RefusedAnswer } from '#lib/revocation/plan-refused';
import { readAuthentication } from '#lib/sign-in/authentication';
import type { NewSession } from '#lib/sign-in/sessions';
import { signIn } from '#lib/sign-in/sign-in';
import { completeStepUp } from '#lib/sign-in/step-up';

/** How a flow ended well. */
export type CompletedFlow =
  | { intent: 'sign_in' | 'step_up'; returnTo: string; provider: string; session: NewSession }
  | {
      intent: 'connect' | 'reconnect';
      returnTo: string;
      provider: string;
      connectionId: string;
      /** The person has to choose or to name something before it is of full use. */
      unsettled: boolean;
      flow: 'connected' | 'reconnected' | 'scopes_missing';
      /** False where the account was connected before. */
      created: boolean;
      missingScopes: string[];
    }
  /** The grant waits for the application that began it; the browser goes back there with a code. */
  | { intent: 'connect' | 'reconnect'; provider: string; backToApplication: string };

export type CompletedConnect = Extract<CompletedFlow, { connectionId: string }>;

/**
 * Another end. `transaction` is there once the answer was matched to a flow of this browser and session: its card can
 * then show the end. Without it, the browser must not be sent anywhere.
 */
export interface FailedFlow {
  error: AppError;
  flow?: Flow;
}

/** `claimed`: this answer used the flow up, and its end is to be kept. `again`: it was used up before. */
export type FlowResult = { claimed: boolean } & (
  | ({ ok: true } & CompletedFlow)
  | ({ ok: false } & FailedFlow)
  | { ok: 'again'; outcome: FlowOutcome | 'running' }
);

async function keepGrant(ctx: Context, provider: ProviderRecord, flow: Flow, grant: Grant): Promise<CompletedConnect> {
  const stored = await storeGrant(ctx, grant);
  const missing = missingIn(provider, grant);
  const outcome = missing.length > 0 ? 'scopes_missing' : stored.outcome === 'created' ? 'connected' : 'reconnected';
  return {
    intent: flow.intent as 'connect' | 'reconnect',
    returnTo: flow.returnTo,
    provider: provider.id,
    connectionId: stored.connectionId,
    unsettled: stored.unsettled,
    flow: outcome,
    created: stored.outcome === 'created',
    missingScopes: missing,
  };
}

/** The person that connects by this flow; null where it only signs in. */
function personOf(ctx: Context, { intent, connectSession }: Flow): string | null {
  if (connectSession) return connectSession.personId;
  return (intent === 'connect' || intent === 'reconnect') && ctx.actor.type === 'person' ? ctx.actor.personId : null;
}

/**
 * Asked before the code is spent: under a freeze the provider is not asked for anything. One that is set while the
 * provider answers does not undo the answer, which is stored and not vended.
 */
async function assertMayConnect(ctx: Context, flow: Flow): Promise<void> {
  const { provider, connectionId } = flow;
  const personId = personOf(ctx, flow);
  if (personId) await assertNotFrozen(ctx, { provider, personId, connectionId });
}

/** The tokens that this flow got from the provider, until they are stored or handed to the revocations. */
interface Owned {
  /** Names the answer, stored or refused, so that it is never both. */
  answer: string;
  received: ReceivedTokens[];
  tokens?: Exchanged['tokens'];
  /** As connections record it. A server that names no account (`source: 'none'`) leaves the subject unknown. */
  account?: { issuer: string; subject: string | null };
}

/** The tokens of a flow as the revocations take them. A step-up's belong to the person who is signed in. */
function endingOf(ctx: Context, flow: Flow, owned: Owned): RefusedAnswer[] {
  const { intent, provider: id, pinned, accountParams } = flow;
  const signedIn = intent === 'step_up' && ctx.actor.type === 'person' ? ctx.actor.personId : null;
  return owned.received.map((received, n) => ({
    ...(n === 0 ? { id: owned.answer } : {}),
    intent,
    provider: id,
    code: 'internal',
    ...(owned.account ?? { issuer: ctx.providers.get(id)?.identity.issuer ?? pinned.issuer, subject: null }),
    personId: personOf(ctx, flow) ?? signedIn,
    received,
    accountParams,
    extras: owned.tokens?.extras ?? {},
  }));
}

/** A flow that is refused after the exchange leaves live tokens at the provider: the revocations own them from now on. */
async function handOver(ctx: Context, error: AppError, flow: Flow, owned: Owned) {
  for (const answer of endingOf(ctx, flow, owned)) await keepRefused(ctx, { ...answer, code: ledgerCode(error) });
}

/** Lets the grant of a connect session wait for its application, and leads the browser back there. */
async function holdForApplication(
  ctx: Context,
  flow: Flow,
  grant: Grant,
  owned: Owned,
): Promise<{ backToApplication: string }> {
  const { id, personId } = flow.connectSession ?? { id: '', personId: '' };
  // The hub reads these on the way and keeps neither: they may be long.
  const { answer: _, ...tokens } = { ...grant.tokens, id_token_claims: null };
  const held = { grant: { ...grant, tokens }, ending: endingOf(ctx, flow, owned) };
  const { provider, connectionId } = flow;
  const { code } = await holdGrant(ctx, { id, personId, provider, connectionId, answer: owned.answer, ...held });
  return {
    backToApplication: backToApplication(flow.returnTo, code === null ? { session: id } : { session: id, code }),
  };
}

/** The flow, led to the server that the redirect names, where the record lists several. */
async function withLearntParts(ctx: Context, provider: ProviderRecord, flow: Flow, url: URL): Promise<Flow> {
  if (provider.redirect_parts.length === 0) return flow;
  const accountParams = { ...learnParts(provider, url, flow.accountParams) };
  return { ...flow, accountParams, pinned: await resolveEndpoints(provider, ctx, accountParams) };
}

/** Checks the answer, and only then spends the code, at the endpoint that was pinned when the flow began. */
async function exchange(
  ctx: Context,
  provider: ProviderRecord,
  flow: Flow,
  url: URL,
  owned: Owned,
): Promise<Exchanged> {
  const checked = checkCallback(provider, flow.pinned, url, { state: flow.state });
  const { verifier, nonce, pinned, scopes } = flow;
  const clock = await readClock(ctx.database.db);
  const askedAt = performance.now();
  const tokens = await exchangeCode(
    provider,
    pinned,
    checked,
    { verifier, nonce, scopes, redirectUri: redirectUri(ctx, provider), accountParams: flow.accountParams },
    {
      ...ctx,
      received: (received) => void owned.received.push(received),
    },
  );
  owned.tokens = tokens;
  const identity = await fetchIdentity(provider, pinned, tokens, ctx, flow.accountParams);
  const unnamed = provider.identity.source === 'none';
  owned.account = { issuer: identity.issuer, subject: unnamed ? null : identity.subject };
  return { tokens, identity, checked, issChecked: url.searchParams.has('iss'), askedAt, clock };
}

/** The second exchange of a code never costs the flow; tokens that come by it go to the revocations. */
async function tryTwice(
  ctx: Context,
  provider: ProviderRecord,
  flow: Flow,
  { checked }: Exchanged,
  { kept, received, owned }: { kept: FlowTrace['kept']; received: ReceivedTokens[]; owned: Owned },
): Promise<CodeTwice | undefined> {
  const failed = (error: unknown) => {
    ctx.log.error({ event: 'code_twice_failed', request_id: ctx.requestId, err: error });
    return undefined;
  };
  const told = await showCodeTwice(ctx, provider, flow, checked, { kept, received }).catch(failed);
  await handOver(ctx, new AppError('exchange_refused'), flow, { ...owned, received }).catch(failed);
  return told;
}

/** A code of the provider that is known: of others there are any number, which somebody could send to fill the ledger. */
function knownError(cause: unknown): string | null {
  return isOAuthError(cause) ? knownProviderError(cause.providerSubcode, cause.providerError) : null;
}

async function recordRefusal(ctx: Context, error: AppError, flow: Flow | undefined): Promise<void> {
  const code = ledgerCode(error);
  const provider = flow?.provider ?? null;
  if (ctx.actor.type === 'anonymous' && !flow?.connectSession) {
    ctx.refusals.add(ctx, code, provider, knownError(error.cause));
    return;
  }
  await record(ctx.database.db, ctx, {
    action: 'flow.refused',
    outcome: error.status >= 500 ? 'failed' : 'refused',
    code,
    provider,
    personId: flow?.connectSession?.personId ?? null,
    connectionId: flow?.connectionId ?? null,
    details: {
      ...(flow ? { intent: flow.intent } : {}),
      ...(flow?.connectSession ? { connect_session: flow.connectSession.id } : {}),
      ...providerDetails(error.cause),
    },
  });
}

/**
 * Ends a flow: RFC 6749 §4.1.2 with the checks of RFC 9700 §2.1 and §4. Never throws for a refused answer: the fault is
 * in the ledger and in the result.
 * @param find looks for what this browser holds of the flow with that state
 */
export async function completeFlow(caller: Context, input: { url: URL; find: FindBinding }): Promise<FlowResult> {
  let ctx = caller;
  let flow: Flow | undefined;
  let claimed = false;
  const owned: Owned = { answer: newId('rfg'), received: [] };
  let follower: Follower | undefined;
  try {
    const found = await claimFlow(ctx, input.url, input.find, () => {
      claimed = true;
    });
    if ('again' in found) return { ok: 'again', claimed, outcome: found.again };
    flow = found.flow;
    // Who may be signed in to the hub in the same browser is not the application's person.
    if (flow.connectSession) ctx = { ...caller, actor: { type: 'anonymous' } };
    const provider = ctx.providers.get(flow.provider);
    if (!provider) throw new AppError('unknown_provider');
    assertSameClient(provider, flow);
    await assertMayConnect(ctx, flow);
    flow = await withLearntParts(ctx, provider, flow, input.url);
    follower = await followFlow(ctx, flow, input.url);
    const exchanged = await exchange(follower?.ctx ?? ctx, provider, flow, input.url, owned);
    const { intent, returnTo } = flow;
    if (intent === 'sign_in' || intent === 'step_up') {
      const signedIn = {
        provider: { id: provider.id, trustedEmail: provider.trusted_email },
        identity: exchanged.identity,
        authentication: readAuthentication(provider, exchanged.tokens.id_token_claims),
      };
      const session =
        intent === 'sign_in' ? (await signIn(ctx, signedIn)).session : await completeStepUp(ctx, signedIn);
      return { ok: true, claimed, intent, returnTo, provider: provider.id, session };
    }
    // claimFlow lets only the person of this flow's session come here, or the browser of a connect session.
    const personId = personOf(ctx, flow);
    if (personId === null) throw new AppError('unauthenticated');
    const grant = await grantOf(ctx, personId, provider, flow, exchanged, owned.answer);
    if (flow.connectSession) {
      const held = await holdForApplication(ctx, flow, grant, owned);
      return { ok: true, claimed, intent, provider: provider.id, ...held };
    }
    const completed = await keepGrant(ctx, provider, flow, grant);
    if (follower) {
      const kept = await settleTraced(ctx, flow, completed);
      const again: ReceivedTokens[] = [];
      const codeTwice = flow.trace?.codeTwice
        ? await tryTwice(follower.ctx, provider, flow, exchanged, { kept, received: again, owned })
        : undefined;
      await follower.end({ ...completed, ...exchanged, received: [...owned.received, ...again], kept, codeTwice });
    }
    return { ok: true, claimed, ...completed };
  } catch (thrown) {
    const error = toAppError(fromProtocolError(thrown));
    if (flow) await handOver(ctx, error, flow, owned);
    if (flow?.connectSession) await failConnectSession(ctx, flow.connectSession.id, error.code);
    await follower?.end({ ...owned, code: ledgerCode(error), providerError: knownError(error.cause) });
    if (error.code === 'internal') ctx.log.error({ event: 'flow_failed', request_id: ctx.requestId, err: error.cause });
    else
      ctx.log.warn({
        event: 'flow_refused',
        request_id: ctx.requestId,
        provider: flow?.provider,
        error_code: ledgerCode(error),
        err: error.cause,
      });
    // Signing in writes its own refusals, with the person where there is one.
    const signingIn = flow?.intent === 'sign_in';
    const written =
      signingIn && isAppError(thrown) && (thrown.code === 'sign_in_not_allowed' || thrown.code === 'person_disabled');
    if (!written) await recordRefusal(ctx, error, flow);
    return { ok: false, claimed, error, ...(flow ? { flow } : {}) };
  }
}
