import type { Runtime } from '#lib/context';
import { isOAuthError, type OAuthError } from '#lib/oauth/types';
import { Circuit, longestAskedSeconds } from '#lib/provider-calls/circuit';
import {
  keepLatest,
  mostAccounts,
  type Protection,
  severalFailures,
  tellWatchers,
} from '#lib/provider-calls/protections';

/** Where so many accounts get 429 and none is answered, the limit is not of an account. */
const severalAccounts = 3;

/** Faults before anything was asked: they say nothing of the host. */
const notAnswers: ReadonlySet<string> = new Set([
  'outbound_blocked',
  'account_param_invalid',
  'discovery_issuer',
  'discovery_changed',
  'discovery_incomplete',
  'pkce_required',
  'unsupported',
]);

const isSick = (error: unknown): error is OAuthError => isOAuthError(error) && error.disposition === 'transient';
const askedBy = (error: OAuthError) => Math.min(longestAskedSeconds, error.retryAfterSeconds ?? 0);

/** An answer of any kind, also one that refuses: the host is well, and so is the account. */
export function noteAnswer(ctx: Runtime, protection: Protection, account: string): void {
  const { provider, host } = protection;
  protection.limited.clear();
  protection.accounts.delete(account);
  if (!protection.circuit.answered()) return;
  // The one call within a pause that was asked for found that it is over.
  protection.restUntil = 0;
  ctx.log.info({ event: 'provider_answers_again', provider, host });
  tellWatchers(ctx);
}

function noteHostFailure(ctx: Runtime, protection: Protection, asked: number, count: number): void {
  const { provider, host, circuit } = protection;
  const wasClosed = circuit.isClosed;
  protection.failedAt = [...protection.failedAt, performance.now()].slice(-severalFailures);
  if (asked > 0) protection.restUntil = Math.max(protection.restUntil, Date.now() + asked * 1000);
  if (!circuit.failed(asked, count)) return;
  if (wasClosed) ctx.log.warn({ event: 'provider_not_answering', provider, host });
  tellWatchers(ctx);
}

/**
 * 429 is of the account, until several accounts got it and none was answered between: then it is of the host. Where it
 * answers the call that tries the host's own circuit, that goes on being open.
 */
function noteLimit(ctx: Runtime, protection: Protection, account: string, asked: number): void {
  const { accounts, limited, circuit } = protection;
  const own = accounts.get(account) ?? new Circuit();
  keepLatest(accounts, account, own, mostAccounts, ({ isClosed }) => isClosed);
  own.failed(asked);
  const wereSeveral = limited.size >= severalAccounts;
  if (limited.has(account) || limited.size < mostAccounts) limited.set(account, (limited.get(account) ?? 0) + 1);
  if (circuit.isClosed && limited.size < severalAccounts) return;
  const all = [...limited.values()].reduce((sum, count) => sum + count, 0);
  noteHostFailure(ctx, protection, asked, circuit.isClosed && !wereSeveral ? all : 1);
}

/**
 * Learns from a call that failed. Only transient failures count against the provider: an answer that refuses is an
 * answer. A fault of our own says nothing either way, so it neither opens nor closes a circuit.
 */
export function noteFailure(ctx: Runtime, protection: Protection, account: string, error: unknown): void {
  if (!isOAuthError(error) || notAnswers.has(error.code)) return;
  if (!isSick(error)) noteAnswer(ctx, protection, account);
  else if (error.code === 'rate_limited') noteLimit(ctx, protection, account, askedBy(error));
  else noteHostFailure(ctx, protection, askedBy(error), 1);
}
