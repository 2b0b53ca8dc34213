import { type BulkheadPolicy, bulkhead } from 'cockatiel';
import type { Runtime } from '#lib/context';
import { AppError } from '#lib/errors';
import { once } from '#lib/process-parts';
import type { CallTarget } from '#lib/provider-calls/call-target';
import { Circuit } from '#lib/provider-calls/circuit';

/** Refreshes that may wait for their turn at one host; more are turned away at once. */
export const longestQueue = 2000;
/** A host that left so many calls unanswered within so many milliseconds is ill: its other answers may be wrong, too. */
export const severalFailures = 3;
const illMs = 15 * 60_000;
/** The most that is remembered: hosts in a process, and accounts of a host. The least recently asked are forgotten. */
export const mostHosts = 1000;
export const mostAccounts = 1000;

/** What this process knows of one host of a provider, and what keeps the host and the process safe from each other. */
export interface Protection {
  provider: string;
  host: string;
  slots: BulkheadPolicy;
  circuit: Circuit;
  /** Of accounts that got 429: the limit of one is no reason to leave the others alone. */
  accounts: Map<string, Circuit>;
  /** How often accounts got 429 since the host last answered any. */
  limited: Map<string, number>;
  /** Milliseconds since 1970: until then only callers who wait for a token ask, since the host asked for rest. */
  restUntil: number;
  /** Milliseconds of `performance.now()`: when the refusals given so far are used up at their pace. */
  refusedUntil: number;
  /** Refusals being held back. */
  held: number;
  /** Milliseconds of `performance.now()` of the last calls that were not answered, also where others were answered between. */
  failedAt: number[];
}

/** The protections of this process, the least recently asked first. */
export const protectionsOf = ({ processId }: Runtime): Map<string, Protection> =>
  once(`provider-protections ${processId}`, () => new Map<string, Protection>());

const watchers = ({ processId }: Runtime) => once(`provider-watchers ${processId}`, () => new Set<() => void>());

/** Calls `tell` whenever a circuit of this process opens, closes or is tried, until the answered function is called. */
export function watchProviders(runtime: Runtime, tell: () => void): () => void {
  watchers(runtime).add(tell);
  return () => void watchers(runtime).delete(tell);
}

export function tellWatchers(ctx: Runtime): void {
  for (const tell of watchers(ctx)) tell();
}

/** Puts an entry last, and forgets the first ones beyond `most`, those first that `mayGo`. */
export function keepLatest<T>(
  all: Map<string, T>,
  key: string,
  value: T,
  most: number,
  mayGo: (value: T) => boolean,
): T {
  all.delete(key);
  if (all.size >= most) {
    const idle = [...all].find(([, one]) => mayGo(one))?.[0] ?? all.keys().next().value;
    if (idle !== undefined) all.delete(idle);
  }
  all.set(key, value);
  return value;
}

const isIdle = ({ circuit, slots, held }: Protection, concurrency: number) =>
  circuit.isClosed && held === 0 && slots.executionSlots === concurrency;

/** What this process knows of a host of a provider. */
export function protectionOf(ctx: Runtime, { provider, host }: Omit<CallTarget, 'account'>): Protection {
  const all = protectionsOf(ctx);
  const name = `${provider} ${host}`;
  const { refreshConcurrency } = ctx.config;
  const known = all.get(name) ?? {
    provider,
    host,
    slots: bulkhead(refreshConcurrency, longestQueue),
    circuit: new Circuit(),
    accounts: new Map(),
    limited: new Map(),
    restUntil: 0,
    refusedUntil: 0,
    held: 0,
    failedAt: [],
  };
  return keepLatest(all, name, known, mostHosts, (one) => isIdle(one, refreshConcurrency));
}

/** The circuits that a call for the target must pass: the host's, and the account's where it has one. */
function circuitsOf(protection: Protection, account: string): Circuit[] {
  const ofAccount = protection.accounts.get(account);
  return ofAccount ? [protection.circuit, ofAccount] : [protection.circuit];
}

/** True where a call would be turned away now. Known without asking anything, so it is asked before any write. */
export function isNotAnswering(ctx: Runtime, target: CallTarget): boolean {
  return circuitsOf(protectionOf(ctx, target), target.account).some((circuit) => circuit.turnsAway());
}

/** True within a pause: the call that tries an open circuit begins after it. */
export const isPaused = (protection: Protection, account: string): boolean =>
  circuitsOf(protection, account).some((circuit) => circuit.msToNextCall() > 0);

/** The answer to a caller, while the circuit of the host or account is open. */
export function notAnswering(ctx: Runtime, target: CallTarget, cause?: unknown): AppError {
  const waits = circuitsOf(protectionOf(ctx, target), target.account).map((circuit) => circuit.msToNextCall());
  return new AppError('provider_unavailable', {
    cause,
    retryAfterSeconds: Math.max(1, Math.ceil(Math.max(...waits) / 1000)),
  });
}

/**
 * Lets the one call that tries open circuits through, said before its lease is taken, so that no caller beside it takes
 * one for nothing. Undefined where all are closed.
 * @returns ends the trial
 */
export function beginTrial(ctx: Runtime, target: CallTarget): (() => void) | undefined {
  const open = circuitsOf(protectionOf(ctx, target), target.account).filter((circuit) => !circuit.isClosed);
  if (open.length === 0) return undefined;
  for (const circuit of open) circuit.beginProbe();
  tellWatchers(ctx);
  return () => {
    for (const circuit of open) circuit.endProbe();
    tellWatchers(ctx);
  };
}

/** True where the target's host left several calls of this process unanswered lately. One lost answer is no illness. */
export function wasIllLately(ctx: Runtime, target: CallTarget): boolean {
  const [first, ...rest] = protectionOf(ctx, target).failedAt;
  return first !== undefined && rest.length + 1 === severalFailures && performance.now() - first < illMs;
}

/** Seconds until work that waits for no caller should ask for the target; 0 where it may now. */
export function secondsOfRest(ctx: Runtime, target: CallTarget): number {
  const protection = protectionOf(ctx, target);
  const circuits = circuitsOf(protection, target.account);
  const probing = circuits.some((circuit) => circuit.isProbing);
  const rests = circuits.map((circuit) => circuit.msOfRest());
  return Math.max(probing ? 1 : 0, protection.restUntil - Date.now(), ...rests) / 1000;
}
