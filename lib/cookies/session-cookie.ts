import type { Config } from '#lib/config/config';
import { type CookieJar, cookieAttributes, cookieName, seal, unseal } from '#lib/cookies/cookies';

const name = 'gk_session';
/** The longest a seal is read; the row decides earlier. */
const longest = 90 * 24 * 3600;

/** The secret session id that the browser holds, or undefined. Whether it is good is for the `sessions` row to say. */
export async function readSessionId(config: Config, jar: Pick<CookieJar, 'get'>): Promise<string | undefined> {
  const sealed = jar.get(cookieName(config, name))?.value;
  if (!sealed) return undefined;
  const data = await unseal<{ sid?: unknown }>(config, sealed, longest);
  return typeof data?.sid === 'string' ? data.sid : undefined;
}

/** Gives the browser a session id, for at most `seconds`. */
export async function writeSessionId(
  config: Config,
  jar: Pick<CookieJar, 'set'>,
  sid: string,
  seconds: number,
): Promise<void> {
  jar.set(cookieName(config, name), await seal(config, { sid }, longest), cookieAttributes(config, seconds));
}

/** Takes the session cookie away. */
export function clearSessionId(config: Config, jar: Pick<CookieJar, 'set'>): void {
  jar.set(cookieName(config, name), '', cookieAttributes(config, 0));
}
