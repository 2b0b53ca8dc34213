import { valueAt } from '#lib/oauth/provider-call';
import type { LifetimeRule } from '#lib/oauth/types';

/** Seconds; a token that is said to live longer lives so long. */
export const longestLife = 10 * 366 * 86_400;

/** A number of seconds that can only be a moment: in 2001, or 31 years as a life. */
const firstMoment = 1_000_000_000;

/** Names under which servers give the same thing. A plain name is a life in seconds, `moment` the end itself. */
const accessTokenNames: readonly LifetimeRule[] = [
  { path: 'expires_in', as: 'seconds' },
  { path: 'expires_at', as: 'moment' },
  { path: 'expires', as: 'seconds' },
];
const refreshTokenNames: readonly LifetimeRule[] = [
  { path: 'refresh_token_expires_in', as: 'seconds' },
  { path: 'refresh_expires_in', as: 'seconds' },
  { path: 'x_refresh_token_expires_in', as: 'seconds' },
  { path: 'refresh_token_expires_at', as: 'moment' },
  { path: 'refresh_expires_at', as: 'moment' },
];

/** A number, also one in a string; null for anything else. */
function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

/** Seconds since 1970: from seconds, from milliseconds, or from a date with its zone. A date without one is in UTC. */
function momentOf(value: unknown): number | null {
  const number = numberOf(value);
  if (number !== null) return number >= firstMoment * 1000 ? number / 1000 : number;
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value)) return null;
  const zoned = /[T ]\d\d:\d\d/.test(value) && !/(Z|[+-]\d\d:?\d\d)$/i.test(value.trim()) ? `${value.trim()}Z` : value;
  const milliseconds = Date.parse(zoned);
  return Number.isFinite(milliseconds) ? milliseconds / 1000 : null;
}

function secondsOf(value: unknown, as: LifetimeRule['as'], answeredAt: number): number | null {
  const number = numberOf(value);
  const isMoment = as === 'moment' || (as === 'seconds' && (number === null || number >= firstMoment));
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
    if (seconds !== null) return seconds;
  }
  return null;
}
