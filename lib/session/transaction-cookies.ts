import type { Config } from '#lib/config/config';
import { hashSecret } from '#lib/ids';
import { type CookieJar, cookieAttributes, cookieName, seal, unseal } from '#lib/session/cookies';

const atMost = 5;
const prefix = 'gk_tx_';

/** What every flow has: the state that names its cookie, and when it began in milliseconds since 1970. */
interface Begun {
  state: string;
  startedAt: number;
}

// The name carries the age, so that the oldest can be found without opening any, and a part of the state's hash.
function transactionName(config: Config, { state, startedAt }: Begun): string {
  return `${cookieName(config, prefix)}${startedAt.toString(36)}_${hashSecret(state).slice(0, 16)}`;
}

function transactionsIn(config: Config, jar: Pick<CookieJar, 'getAll'>): { name: string; value: string }[] {
  const start = cookieName(config, prefix);
  return jar.getAll().filter((cookie) => cookie.name.startsWith(start));
}

/**
 * Keeps a flow in a cookie of its own for `seconds`, so that several tabs go side by side; of more than five the
 * oldest goes.
 */
export async function writeTransaction(config: Config, jar: CookieJar, flow: Begun, seconds: number): Promise<void> {
  const held = transactionsIn(config, jar)
    .map((cookie) => cookie.name)
    .sort();
  const surplus = held.slice(0, Math.max(0, held.length - atMost + 1));
  for (const name of surplus) jar.set(name, '', cookieAttributes(config, 0));
  jar.set(transactionName(config, flow), await seal(config, flow, seconds), cookieAttributes(config, seconds));
}

/** A cookie that bears a state's name, and the flow in it; `unreadable` where it was altered or has expired. */
export interface FoundTransaction<Flow> {
  name: string;
  transaction: Flow | 'unreadable';
}

/** Finds the flow that this browser began with that state; undefined where it began none such. */
export async function findTransaction<Flow extends Begun>(
  config: Config,
  jar: Pick<CookieJar, 'getAll'>,
  state: string,
  seconds: number,
): Promise<FoundTransaction<Flow> | undefined> {
  const ending = `_${hashSecret(state).slice(0, 16)}`;
  const cookie = transactionsIn(config, jar).find(({ name }) => name.endsWith(ending));
  if (!cookie) return undefined;
  const transaction = await unseal<Flow>(config, cookie.value, seconds);
  return { name: cookie.name, transaction: transaction ?? 'unreadable' };
}

/** Takes a flow's cookie away. */
export function clearTransaction(config: Config, jar: Pick<CookieJar, 'set'>, name: string): void {
  jar.set(name, '', cookieAttributes(config, 0));
}
