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
const flowName = (config: Config, { state, startedAt }: Begun, mark: '' | typeof ended = '') =>
  `${cookieName(config, prefix)}${mark}${startedAt.toString(36)}${endingOf(state)}`;

interface HeldCookie {
  name: string;
  value: string;
  hasEnded: boolean;
}

/** The cookies of flows: ended ones before others, then the oldest first. */
function flowsIn(config: Config, jar: Pick<CookieJar, 'getAll'>): HeldCookie[] {
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
export async function writeFlow(config: Config, jar: CookieJar, flow: Begun, seconds: number): Promise<void> {
  dropSurplus(config, jar, flowsIn(config, jar));
  jar.set(flowName(config, flow), await seal(config, flow, seconds), cookieAttributes(config, seconds));
}

/** A cookie that bears a state's name, and the flow in it; `unreadable` where it was altered or has expired. */
export interface FoundFlow<Flow> {
  name: string;
  flow: Flow | 'unreadable';
}

/** Finds the flow that this browser began with that state; undefined where it began none such. */
export async function findFlow<Flow extends Begun>(
  config: Config,
  jar: Pick<CookieJar, 'getAll'>,
  state: string,
  seconds: number,
): Promise<FoundFlow<Flow> | undefined> {
  const cookie = flowsIn(config, jar).find(({ name }) => name.endsWith(endingOf(state)));
  if (!cookie) return undefined;
  const flow = await unseal<Flow>(config, cookie.value, seconds);
  return { name: cookie.name, flow: flow ?? 'unreadable' };
}

/**
 * Leaves of a flow that has ended what the browser needs to come again: its state. The secrets go.
 * @param name of the cookie that was found for it
 */
export async function endFlow(
  config: Config,
  jar: CookieJar,
  name: string,
  { state, startedAt }: Begun,
  seconds: number,
): Promise<void> {
  const own = flowName(config, { state, startedAt }, ended);
  if (name !== own) clearFlow(config, jar, name);
  const others = flowsIn(config, jar).filter((cookie) => cookie.name !== own && cookie.name !== name);
  dropSurplus(config, jar, others);
  jar.set(own, await seal(config, { state, startedAt }, seconds), cookieAttributes(config, seconds));
}

/** Takes a flow's cookie away. */
export function clearFlow(config: Config, jar: Pick<CookieJar, 'set'>, name: string): void {
  jar.set(name, '', cookieAttributes(config, 0));
}
