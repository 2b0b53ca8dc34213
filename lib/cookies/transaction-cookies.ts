import type { Config } from '#lib/config/config';
import { type CookieJar, cookieAttributes, cookieName, seal, unseal } from '#lib/cookies/cookies';
import { hashSecret } from '#lib/ids';

const atMost = 5;
const prefix = 'gk_tx_';
/** Begins the rest of the name once a flow has ended; the time of a flow that has not is in base 36. */
const ended = 'ended_';

/** The parts of every flow's cookie: the state that names it, and when it began in milliseconds since 1970. */
interface Begun {
  state: string;
  startedAt: number;
}

const endingOf = (state: string) => `_${hashSecret(state).slice(0, 16)}`;

// The name carries the age, so that the oldest can be found without opening any, and a part of the state's hash.
const transactionName = (config: Config, { state, startedAt }: Begun, mark: '' | typeof ended = '') =>
  `${cookieName(config, prefix)}${mark}${startedAt.toString(36)}${endingOf(state)}`;

interface HeldCookie {
  name: string;
  value: string;
  hasEnded: boolean;
}

/** The cookies of flows: ended ones before others, then the oldest first. */
function transactionsIn(config: Config, jar: Pick<CookieJar, 'getAll'>): HeldCookie[] {
  const start = cookieName(config, prefix);
  return jar
    .getAll()
    .filter(({ name }) => name.startsWith(start))
    .map((cookie) => ({ ...cookie, hasEnded: cookie.name.startsWith(start + ended) }))
    .sort((a, b) => Number(b.hasEnded) - Number(a.hasEnded) || (a.name < b.name ? -1 : 1));
}

/** Makes room for one more. */
function dropSurplus(config: Config, jar: CookieJar, held: HeldCookie[]): void {
  const surplus = held.slice(0, Math.max(0, held.length - atMost + 1));
  for (const { name } of surplus) jar.set(name, '', cookieAttributes(config, 0));
}

/**
 * Keeps a flow in a cookie of its own for `seconds`, so that several tabs go side by side; of more than five an ended
 * one goes, else the oldest. The value must have a fixed length: five of them are sent with each request.
 */
export async function writeTransaction(config: Config, jar: CookieJar, flow: Begun, seconds: number): Promise<void> {
  dropSurplus(config, jar, transactionsIn(config, jar));
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
  const cookie = transactionsIn(config, jar).find(({ name }) => name.endsWith(endingOf(state)));
  if (!cookie) return undefined;
  const transaction = await unseal<Flow>(config, cookie.value, seconds);
  return { name: cookie.name, transaction: transaction ?? 'unreadable' };
}

/**
 * Leaves of a flow that has ended what the browser needs to come again: its state. The secrets go.
 * @param name of the cookie that was found for it
 */
export async function endTransaction(
  config: Config,
  jar: CookieJar,
  name: string,
  { state, startedAt }: Begun,
  seconds: number,
): Promise<void> {
  const own = transactionName(config, { state, startedAt }, ended);
  if (name !== own) clearTransaction(config, jar, name);
  const others = transactionsIn(config, jar).filter((cookie) => cookie.name !== own && cookie.name !== name);
  dropSurplus(config, jar, others);
  jar.set(own, await seal(config, { state, startedAt }, seconds), cookieAttributes(config, seconds));
}

/** Takes a flow's cookie away. */
export function clearTransaction(config: Config, jar: Pick<CookieJar, 'set'>, name: string): void {
  jar.set(name, '', cookieAttributes(config, 0));
}
