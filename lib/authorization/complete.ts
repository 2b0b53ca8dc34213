import { and, eq } from 'drizzle-orm';
import { claimFlow, type FindBinding } from '#lib/authorization/claim-flow';
import { fromProtocolError, ledgerCode } from '#lib/authorization/protocol-error';
import { redirectUri } from '#lib/authorization/redirect-uri';
import { storeGrant } from '#lib/authorization/store-grant';
import { followTransaction, settleTraced } from '#lib/authorization/traced-flow';
import type { FlowOutcome, Transaction } from '#lib/authorization/transaction';
import { assertNotFrozen } from '#lib/connections/frozen';
import { tokenLife } from '#lib/connections/token-life';
import type { Context } from '#lib/context';
import { type ClockReading, databaseTime, readClock } from '#lib/db/clock';
import { connections } from '#lib/db/schema/connections';
import { AppError, isAppError, toAppError } from '#lib/errors';
import type { Follower } from '#lib/flow-trace/follow-flow';
import type { PersonContext } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { learnParts } from '#lib/oauth/account-params';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { missingScopes } from '#lib/oauth/scopes';
import { isOAuthError, type ReceivedTokens } from '#lib/oauth/types';
import { providerDetails } from '#lib/provider-calls/provider-details';
import { knownProviderError } from '#lib/provider-errors';
import type { ProviderRecord } from '#lib/providers/record';
import { keepRefused } from '#lib/revocation/keep-refused';
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
    };

export type CompletedConnect = Extract<CompletedFlow, { intent: 'connect' | 'reconnect' }>;

/**
 * Another end. `transaction` is there once the answer was matched to a flow of this browser and session: its card can
 * then show the end. Without it, the browser must not be sent anywhere.
 */
export interface FailedFlow {
  error: AppError;
  transaction?: Transaction;
}

/** `claimed`: this answer used the flow up, and its end is to be kept. `again`: it was used up before. */
export type FlowResult = { claimed: boolean } & (
  | ({ ok: true } & CompletedFlow)
  | ({ ok: false } & FailedFlow)
  | { ok: 'again'; outcome: FlowOutcome | 'running' }
);

/**
 * The granted scopes: the ones of the answer. If it is silent, the requested ones (RFC 6749 §5.1), unless the record
 * calls that unknown. An empty list says neither, since a grant of no scope is none (§3.3).
 */
function grantedScopes(provider: ProviderRecord, asked: string[], answered: string[] | null): string[] | null {
  if (answered !== null) return answered.length === 0 && asked.length > 0 ? null : answered;
  return provider.absent_scope === 'as_asked' ? asked : null;
}

async function keepGrant(
  ctx: PersonContext,
  provider: ProviderRecord,
  transaction: Transaction,
  exchanged: Exchanged,
): Promise<CompletedConnect> {
  const { tokens, identity, issChecked } = exchanged;
  if (transaction.intent === 'reconnect') {
    const [row] = await ctx.database.db
      .select({ issuer: connections.issuer, subject: connections.subject, label: connections.label })
      .from(connections)
      .where(and(eq(connections.personId, ctx.actor.personId), eq(connections.id, transaction.connectionId ?? '')));
    if (!row) throw new AppError('not_found');
    // Nothing says which account it is: the person says so, by reconnecting this one.
    if (provider.identity.source === 'none') Object.assign(identity, { subject: row.subject, label: row.label });
    if (row.issuer !== identity.issuer || row.subject !== identity.subject) throw new AppError('account_mismatch');
  }
  const scopesGranted = grantedScopes(provider, transaction.scopes, tokens.scopes);
  const life = await tokenLife(ctx, provider, transaction.pinned, exchanged);
  const sinceAsked = (life.from - exchanged.askedAt) / 1000;
  const stored = await storeGrant(ctx, {
    provider: provider.id,
    issuer: identity.issuer,
    subject: identity.subject,
    label: identity.label,
    tokens,
    lifeSeconds: life.seconds === null ? null : life.seconds + sinceAsked,
    askedAt: databaseTime(exchanged.clock, exchanged.askedAt),
    scopesRequested: transaction.scopes,
    scopesGranted,
    accountParams: transaction.accountParams,
    reconnects: transaction.connectionId,
    extras: { ...tokens.extras, ...identity.extras },
    missing: identity.missing,
    offered: identity.offered,
    authorization: {
      pkce: transaction.verifier === null ? 'none' : 'S256',
      issChecked,
      idTokenChecked: tokens.id_token_claims !== null,
      userAgent: ctx.userAgent?.slice(0, 300) ?? null,
    },
  });
  const proofs = { refreshToken: tokens.refresh_token !== null, idToken: tokens.id_token_claims !== null };
  const missing = missingScopes(provider, transaction.scopes, scopesGranted, proofs);
  const flow = missing.length > 0 ? 'scopes_missing' : stored.outcome === 'created' ? 'connected' : 'reconnected';
  return {
    intent: transaction.intent as 'connect' | 'reconnect',
    returnTo: transaction.returnTo,
    provider: provider.id,
    connectionId: stored.connectionId,
    unsettled: stored.unsettled,
    flow,
    created: stored.outcome === 'created',
    missingScopes: missing,
  };
}

/**
 * Asked before the code is spent: under a freeze the provider is not asked for anything. One that is set while the
 * provider answers does not undo the answer, which is stored and not vended.
 */
async function assertMayConnect(ctx: Context, { intent, provider, connectionId }: Transaction): Promise<void> {
  if ((intent !== 'connect' && intent !== 'reconnect') || ctx.actor.type !== 'person') return;
  await assertNotFrozen(ctx, { provider, personId: ctx.actor.personId, connectionId });
}

interface Exchanged {
  tokens: Awaited<ReturnType<typeof exchangeCode>>;
  identity: Awaited<ReturnType<typeof fetchIdentity>>;
  issChecked: boolean;
  /** `performance.now()` when the code was shown, from which the tokens' lives count at the latest. */
  askedAt: number;
  /** The database's clock shortly before. */
  clock: ClockReading;
}

/** The tokens that this flow got from the provider, until they are stored or handed to the revocations. */
interface Owned {
  received: ReceivedTokens[];
  tokens?: Exchanged['tokens'];
  /** As connections record it. A server that names no account (`source: 'none'`) leaves the subject unknown. */
  account?: { issuer: string; subject: string | null };
}

/** A flow that is refused after the exchange leaves live tokens at the provider: the revocations own them from now on. */
async function handOver(
  ctx: Context,
  error: AppError,
  { intent, provider: id, pinned, ...transaction }: Transaction,
  owned: Owned,
) {
  for (const received of owned.received) {
    await keepRefused(ctx, {
      intent,
      provider: id,
      code: ledgerCode(error),
      ...(owned.account ?? { issuer: ctx.providers.get(id)?.identity.issuer ?? pinned.issuer, subject: null }),
      personId: intent !== 'sign_in' && ctx.actor.type === 'person' ? ctx.actor.personId : null,
      received,
      accountParams: transaction.accountParams,
      extras: owned.tokens?.extras ?? {},
    });
  }
}

/** The flow, led to the server that the redirect names, where the record lists several. */
async function withLearntParts(
  ctx: Context,
  provider: ProviderRecord,
  transaction: Transaction,
  url: URL,
): Promise<Transaction> {
  if (provider.redirect_parts.length === 0) return transaction;
  const accountParams = { ...learnParts(provider, url, transaction.accountParams) };
  return { ...transaction, accountParams, pinned: await resolveEndpoints(provider, ctx, accountParams) };
}

/** Checks the answer, and only then spends the code, at the endpoint that was pinned when the flow began. */
async function exchange(
  ctx: Context,
  provider: ProviderRecord,
  transaction: Transaction,
  url: URL,
  owned: Owned,
): Promise<Exchanged> {
  const checked = checkCallback(provider, transaction.pinned, url, { state: transaction.state });
  const { verifier, nonce, pinned, scopes } = transaction;
  const clock = await readClock(ctx.database.db);
  const askedAt = performance.now();
  const tokens = await exchangeCode(
    provider,
    pinned,
    checked,
    { verifier, nonce, scopes, redirectUri: redirectUri(ctx, provider), accountParams: transaction.accountParams },
    {
      ...ctx,
      received: (received) => void owned.received.push(received),
    },
  );
  owned.tokens = tokens;
  const identity = await fetchIdentity(provider, pinned, tokens, ctx, transaction.accountParams);
  const unnamed = provider.identity.source === 'none';
  owned.account = { issuer: identity.issuer, subject: unnamed ? null : identity.subject };
  return { tokens, identity, issChecked: url.searchParams.has('iss'), askedAt, clock };
}

/** A code of the provider that is known: of others there are any number, which somebody could send to fill the ledger. */
function knownError(cause: unknown): string | null {
  return isOAuthError(cause) ? knownProviderError(cause.providerSubcode, cause.providerError) : null;
}

async function recordRefusal(ctx: Context, error: AppError, transaction: Transaction | undefined): Promise<void> {
  const code = ledgerCode(error);
  const provider = transaction?.provider ?? null;
  if (ctx.actor.type === 'anonymous') {
    ctx.refusals.add(ctx, code, provider, knownError(error.cause));
    return;
  }
  await record(ctx.database.db, ctx, {
    action: 'flow.refused',
    outcome: error.status >= 500 ? 'failed' : 'refused',
    code,
    provider,
    connectionId: transaction?.connectionId ?? null,
    details: { ...(transaction ? { intent: transaction.intent } : {}), ...providerDetails(error.cause) },
  });
}

/**
 * Ends a flow: RFC 6749 §4.1.2 with the checks of RFC 9700 §2.1 and §4. Never throws for a refused answer: the fault is
 * in the ledger and in the result.
 * @param find looks for what this browser holds of the flow with that state
 */
export async function completeFlow(ctx: Context, input: { url: URL; find: FindBinding }): Promise<FlowResult> {
  let transaction: Transaction | undefined;
  let claimed = false;
  const owned: Owned = { received: [] };
  let follower: Follower | undefined;
  try {
    const found = await claimFlow(ctx, input.url, input.find, () => {
      claimed = true;
    });
    if ('again' in found) return { ok: 'again', claimed, outcome: found.again };
    transaction = found.transaction;
    const provider = ctx.providers.get(transaction.provider);
    if (!provider) throw new AppError('unknown_provider');
    await assertMayConnect(ctx, transaction);
    transaction = await withLearntParts(ctx, provider, transaction, input.url);
    follower = await followTransaction(ctx, transaction, input.url);
    const exchanged = await exchange(follower?.ctx ?? ctx, provider, transaction, input.url, owned);
    const { intent, returnTo } = transaction;
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
    // claimFlow lets only the person of this flow's session come here.
    const completed = await keepGrant(ctx as PersonContext, provider, transaction, exchanged);
    if (follower) {
      const kept = await settleTraced(ctx, transaction, completed);
      await follower.end({ ...completed, ...exchanged, received: owned.received, kept });
    }
    return { ok: true, claimed, ...completed };
  } catch (thrown) {
    const error = toAppError(fromProtocolError(thrown));
    if (transaction) await handOver(ctx, error, transaction, owned);
    await follower?.end({ ...owned, code: ledgerCode(error), providerError: knownError(error.cause) });
    if (error.code === 'internal') ctx.log.error({ event: 'flow_failed', request_id: ctx.requestId, err: error.cause });
    else
      ctx.log.warn({
        event: 'flow_refused',
        request_id: ctx.requestId,
        provider: transaction?.provider,
        error_code: ledgerCode(error),
        err: error.cause,
      });
    // Signing in writes its own refusals, with the person where there is one.
    const signingIn = transaction?.intent === 'sign_in';
    const written =
      signingIn && isAppError(thrown) && (thrown.code === 'sign_in_not_allowed' || thrown.code === 'person_disabled');
    if (!written) await recordRefusal(ctx, error, transaction);
    return { ok: false, claimed, error, ...(transaction ? { transaction } : {}) };
  }
}
