import type { Context } from '#lib/context';
import { scrub } from '#lib/log';
import { secretsOfClient } from '#lib/oauth/basic-credentials';
import type { AccountParamValues, OAuthDeps, PinnedEndpoints, ReceivedTokens } from '#lib/oauth/types';
import type { GuardedFetch } from '#lib/outbound/guarded-fetch';
import type { CheckResult, Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

/** A provider's own call takes at most so long, so that a slow one leaves time for the others. */
const callMs = 8_000;
const longestText = 500;
/** Characters that are looked at: later ones are dropped before anything else. */
const longestRead = 4_000;

/** When the host answered by its own clock, against ours. */
export interface DatedAnswer {
  host: string;
  /** Milliseconds by which the host's clock is ahead of ours; to about a second. */
  aheadMs: number;
}

/** One check of a provider: its target, its means, and the observations so far. */
export interface Probe {
  ctx: Context;
  provider: ProviderRecord;
  redirectUri: string;
  /** The account-specific parts; null where the record needs some that were not given. */
  parts: AccountParamValues | null;
  /** For the product's own protocol steps. */
  deps: OAuthDeps;
  fetch: GuardedFetch;
  signal: AbortSignal;
  dated: DatedAnswer[];
  /** Tokens that a server gave although it should not have. */
  received: ReceivedTokens[];
}

/** A probe and the endpoints that a flow would use now. */
export type ResolvedProbe = Probe & { pinned: PinnedEndpoints; parts: AccountParamValues };

function noteDate(probe: Pick<Probe, 'dated'>, url: URL, response: Response, askedAt: number, now: number): void {
  const sent = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(sent)) return;
  // The header has whole seconds: on average half of one is cut off.
  probe.dated.push({ host: url.host, aheadMs: sent + 500 - (askedAt + now) / 2 });
}

/** The product's guarded fetch, which ends with the check and notes the clocks of the answers. */
export function probingFetch(ctx: Context, signal: AbortSignal, dated: DatedAnswer[]): GuardedFetch {
  return async (input, init = {}) => {
    const limits = [signal, AbortSignal.timeout(callMs), ...(init.signal ? [init.signal] : [])];
    const askedAt = ctx.now().getTime();
    const response = await ctx.fetch(input, { ...init, signal: AbortSignal.any(limits) });
    const url = new URL(input instanceof Request ? input.url : input);
    noteDate({ dated }, url, response, askedAt, ctx.now().getTime());
    return response;
  };
}

/**
 * The part of a text that may be shown: one line of visible characters that the database takes, without secrets, and
 * short.
 */
export function clean(text: string, secrets: readonly string[]): string {
  // A word that the limit cuts may be a secret's beginning.
  const read = text.length > longestRead ? text.slice(0, longestRead).replace(/\S*$/, '') : text;
  const plain = read.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  const without = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), plain);
  return scrub(without).slice(0, longestText).toWellFormed();
}

/** The secrets of a provider's client, in every form in which a request has them. */
export function secretsOf(provider: ProviderRecord): string[] {
  const given = [...secretsOfClient(provider), provider.client_private_key?.reveal()];
  return given.filter((secret) => secret !== undefined && secret !== '') as string[];
}

/** A finding as it may be stored and shown, whatever the provider wrote into it. */
export function toResult({ provider }: Pick<Probe, 'provider'>, finding: Finding): CheckResult {
  const secrets = secretsOf(provider);
  const { check, result, lookedAt, found, mend, recordLine } = finding;
  return {
    check,
    result,
    lookedAt: clean(lookedAt, secrets),
    found: clean(found, secrets),
    mend: mend === undefined ? null : clean(mend, secrets),
    recordLine: recordLine === undefined ? null : clean(recordLine, secrets),
  };
}
