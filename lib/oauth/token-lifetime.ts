import { valueAt } from '#lib/oauth/provider-call';
import type { LifetimeRule } from '#lib/oauth/types';

/** Seconds; a token that is said to live longer lives so long. */
export const longestLife = 10 * 366 * 86_400;

/** A number of seconds that can only be a moment: in 2001, or 31 years as a life. */
const firstMoment = 1_000_000_000;

/**
 * Names under which servers give the same thing. A plain name is a life in seconds, `moment` the end itself. Zoho's
 * `expires_in` was in milliseconds beside an `expires_in_sec`; Microsoft's older endpoints say `expires_on`; servers in
 * Java and JavaScript write the names in their own case.
 */
const accessTokenNames: readonly LifetimeRule[] = [
  ...named('seconds', 'expires_in_sec', 'expires_in', 'expiresIn', 'access_token_expires_in', 'accessTokenExpiresIn'),
  ...named('moment', 'expires_at', 'expiresAt', 'expires_on', 'access_token_expires_at', 'accessTokenExpiresAt'),
  ...named('seconds', 'expires', 'expire_in', 'access_token_expire_in'),
  ...named('moment', 'expiry', 'expiration', 'expire_time'),
];
const refreshTokenNames: readonly LifetimeRule[] = [
  ...named('seconds', 'refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in'),
  ...named('seconds', 'refreshTokenExpiresIn', 'refreshExpiresIn', 'refresh_token_expire_in'),
  ...named('moment', 'refresh_token_expires_at', 'refresh_expires_at', 'refreshTokenExpiresAt'),
  ...named('moment', 'refresh_token_expiration', 'refreshTokenExpiration'),
];

function named(as: LifetimeRule['as'], ...paths: string[]): LifetimeRule[] {
  return paths.map((path) => ({ path, as }));
}

/** A number, also one in a string, with the `s` of a duration or without; null for anything else. */
function numberOf(value: unknown): number | null {
  const text = typeof value === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*s?\s*$/i.exec(value)?.[1] : undefined;
  const number = text === undefined ? value : Number(text);
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

/** Milliseconds since 1970 of a date that means one moment only: ISO 8601, or as in HTTP. Without a zone it is in UTC. */
function dateOf(text: string): number {
  const old = /^\/Date\((\d+)(?:[+-]\d{4})?\)\/$/.exec(text)?.[1];
  if (old !== undefined) return Number(old);
  if (/^[A-Za-z]{3}, \d/.test(text)) return Date.parse(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return Number.NaN;
  const zoned = /[T ]\d\d:\d\d/.test(text) && !/(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)$/i.test(text);
  return Date.parse(zoned ? `${text}Z` : text.replace(/(:\d\d(?:\.\d+)?[+-]\d\d)$/, '$1:00'));
}

/** Seconds since 1970: from seconds, milliseconds, or a date. */
function momentOf(value: unknown): number | null {
  const number = numberOf(value);
  if (number !== null) return number >= firstMoment * 1000 ? number / 1000 : number;
  const milliseconds = typeof value === 'string' ? dateOf(value.trim()) : Number.NaN;
  return Number.isFinite(milliseconds) ? milliseconds / 1000 : null;
}

function secondsOf(value: unknown, as: LifetimeRule['as'], answeredAt: number): number | null {
  const number = numberOf(value);
  // The only possible meaning of the number counts more than the name that it stands under.
  const isMoment = number === null || (as !== 'milliseconds' && number >= firstMoment);
  const moment = isMoment ? momentOf(value) : null;
  const seconds = isMoment
    ? moment && Math.max(0, moment - answeredAt)
    : number && number / (as === 'milliseconds' ? 1000 : 1);
  return seconds === null ? null : Math.min(Math.floor(seconds), longestLife);
}

/**
 * Seconds that a token lives: by the record's rule, else by the first known name that holds a readable value; null where
 * the answer does not say.
 * @param answeredAt seconds since 1970 when the answer was sent, from which a moment counts
 */
export function lifetimeIn(
  source: unknown,
  kind: 'access_token' | 'refresh_token',
  rule: LifetimeRule | null,
  answeredAt: number,
): number | null {
  const rules = rule ? [rule] : kind === 'access_token' ? accessTokenNames : refreshTokenNames;
  for (const { path, as } of rules) {
    const seconds = secondsOf(valueAt(source, path), as, answeredAt);
    // A refresh token that ended on its way is none: servers mean by 0 that it does not end.
    if (seconds !== null && !(seconds === 0 && kind === 'refresh_token')) return seconds;
  }
  return null;
}
