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
  ...named('seconds', 'ExpiresIn'),
  ...named('moment', 'expires_at', 'expiresAt', 'expires_on', 'access_token_expires_at', 'accessTokenExpiresAt'),
  ...named('seconds', 'expires', 'expire_in', 'access_token_expire_in'),
  ...named('moment', 'expiry', 'expiration', 'expire_time'),
];
const refreshTokenNames: readonly LifetimeRule[] = [
  ...named('seconds', 'refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in'),
  ...named('seconds', 'refreshTokenExpiresIn', 'refreshExpiresIn', 'refresh_token_expire_in', 'RefreshTokenExpiresIn'),
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

const secondsOfUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `PT1H`, `P30D`, `P1DT12H30M` (ISO 8601 §5.5.2); a year and a month are the shortest of their kind. */
const isoDuration = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
const isoSeconds = [365 * 86_400, 28 * 86_400, 604_800, 86_400, 3600, 60, 1];

/** `1h`, `15 min`, `30 days`: as libraries take lives, and as servers hand that text on. */
const namedDuration = /^(\d+(?:\.\d+)?)\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$/i;

/** `01:00:00`, `30.00:00:00` (.NET), `1 day, 0:00:00` (Python). */
const clockDuration = /^(?:(\d+)(?:\.| days?,? ))?(\d{1,2}):(\d\d):(\d\d)(?:\.\d+)?$/;

/** Seconds of a duration in words or signs; null for anything else. */
function durationOf(value: unknown): number | null {
  const text = typeof value === 'string' ? value.trim() : '';
  const iso = isoDuration.exec(text)?.slice(1);
  if (iso?.some((part) => part !== undefined))
    return iso.reduce((sum, part, at) => sum + Number(part ?? 0) * (isoSeconds[at] ?? 0), 0);
  const named = namedDuration.exec(text);
  if (named) return Number(named[1]) * (secondsOfUnit[named[2]?.[0]?.toLowerCase() ?? ''] ?? Number.NaN);
  const clock = clockDuration
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  return clock ? clock.reduce((sum, part, at) => sum + part * ([86_400, 3600, 60, 1][at] ?? 0), 0) : null;
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
  const duration = number === null ? durationOf(value) : null;
  if (duration !== null) return Math.min(Math.floor(duration), longestLife);
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
