import { cookies, headers } from 'next/headers';
import type { CookieJar } from '#lib/cookies/cookies';

/** The cookies of the request that Next is serving; writable in route handlers and actions only. */
export async function requestCookies(): Promise<CookieJar> {
  return await cookies();
}

/** The headers of the request that Next is serving. */
export async function requestHeaders(): Promise<Headers> {
  return await headers();
}
