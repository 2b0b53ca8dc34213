import type { Config } from '#lib/config/config';
import { hashSecret } from '#lib/ids';
import type { PinnedEndpoints } from '#lib/oauth/types';
import { type CookieJar, cookieAttributes, cookieName, seal, unseal } from '#lib/session/cookies';

/** How long a person may take at the provider, in seconds. */
export const transactionSeconds = 600;
const atMost = 5;
const prefix = 'gk_tx_';

export type FlowIntent = 'sign_in' | 'connect' | 'reconnect';

/** One flow, whole: everything that its callback must match, in one sealed record. */
export interface Transaction {
  state: string;
  nonce: string;
  /** RFC 7636 §4.1; null only for providers marked `dangerously_without_pkce`. */
  verifier: string | null;
  provider: string;
  /** The issuer and the endpoints as they were at the start: the code goes to this token endpoint and no other. */
  pinned: PinnedEndpoints;
  scopes: string[];
  accountParams: Record<string, string>;
  intent: FlowIntent;
  connectionId: string | null;
  returnTo: string;
  /** The public id of the session it was begun in; null for a sign-in. */
  sessionId: string | null;
  /** Milliseconds since 1970. */
  startedAt: number;
}

// The name carries the age, so that the oldest can be found without opening any, and a part of the state's hash.
function transactionName(config: Config, state: string, startedAt: number): string {
  return `${cookieName(config, prefix)}${startedAt.toString(36)}_${hashSecret(state).slice(0, 16)}`;
}

function transactionsIn(config: Config, jar: Pick<CookieJar, 'getAll'>): { name: string; value: string }[] {
  const start = cookieName(config, prefix);
  return jar.getAll().filter((cookie) => cookie.name.startsWith(start));
}

/** Keeps a flow in a cookie of its own, so that several tabs go side by side; of more than five the oldest goes. */
export async function writeTransaction(config: Config, jar: CookieJar, transaction: Transaction): Promise<void> {
  const held = transactionsIn(config, jar)
    .map((cookie) => cookie.name)
    .sort();
  for (const name of held.slice(0, Math.max(0, held.length - atMost + 1)))
    jar.set(name, '', cookieAttributes(config, 0));
  const name = transactionName(config, transaction.state, transaction.startedAt);
  jar.set(name, await seal(config, transaction, transactionSeconds), cookieAttributes(config, transactionSeconds));
}

/** A cookie that bears a state's name, and the flow in it; `expired` where it no longer opens or took too long. */
export interface FoundTransaction {
  name: string;
  transaction: Transaction | 'unreadable';
}

/** Finds the flow that this browser began with that state; undefined where it began none such. */
export async function findTransaction(
  config: Config,
  jar: Pick<CookieJar, 'getAll'>,
  state: string,
): Promise<FoundTransaction | undefined> {
  const ending = `_${hashSecret(state).slice(0, 16)}`;
  const cookie = transactionsIn(config, jar).find(({ name }) => name.endsWith(ending));
  if (!cookie) return undefined;
  const transaction = await unseal<Transaction>(config, cookie.value, transactionSeconds);
  return { name: cookie.name, transaction: transaction ?? 'unreadable' };
}

/** Takes a flow's cookie away. */
export function clearTransaction(config: Config, jar: Pick<CookieJar, 'set'>, name: string): void {
  jar.set(name, '', cookieAttributes(config, 0));
}
