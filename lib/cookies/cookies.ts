import { sealData, unsealData } from 'iron-session';
import type { Config } from '#lib/config/config';

/** As much of Next's `cookies()` as is needed here; tests pass a map of their own. */
export interface CookieJar {
  get(name: string): { value: string } | undefined;
  getAll(): { name: string; value: string }[];
  set(name: string, value: string, options: CookieAttributes): unknown;
}

export interface CookieAttributes {
  httpOnly: boolean;
  secure: boolean;
  /** Lax, since the browser comes back from the provider by a cross-site navigation. */
  sameSite: 'lax';
  path: '/';
  /** Seconds; 0 removes the cookie. */
  maxAge: number;
}

type CookieConfig = Pick<Config, 'secure' | 'sessionPasswords'>;

/** `__Host-` on https: such a cookie was set by this very host, for all its paths, over TLS (RFC 6265bis §4.1.3.2). */
export function cookieName(config: CookieConfig, name: string): string {
  return config.secure ? `__Host-${name}` : name;
}

/** The attributes of every cookie that carries something sealed. */
export function cookieAttributes(config: CookieConfig, maxAge: number): CookieAttributes {
  return { httpOnly: true, secure: config.secure, sameSite: 'lax', path: '/', maxAge };
}

/** Seals a value into text that only this hub can read or make, for at most `ttl` seconds. */
export function seal(config: CookieConfig, data: unknown, ttl: number): Promise<string> {
  return sealData(data, { password: config.sessionPasswords, ttl });
}

/** The sealed value, or undefined where the text was altered, has expired or is not ours. */
export async function unseal<T>(config: CookieConfig, sealed: string, ttl: number): Promise<T | undefined> {
  try {
    const data = await unsealData<T & object>(sealed, { password: config.sessionPasswords, ttl });
    return data && Object.keys(data).length > 0 ? (data as T) : undefined;
  } catch {
    return undefined;
  }
}
