import { duration, shortDuration } from './relative-time.ts';

/** As much of a connection's token as its life can be told from. */
export interface TokenTimes {
  issuedAt: Date | null;
  expiresAt: Date | null;
  refreshable: boolean;
}

export interface TokenLife {
  /** Share of the life that remains, 0 to 1; null where the token does not expire or its life is unknown. */
  share: number | null;
  /** For a person: no jargon. */
  sentence: string;
  /** For an administrator's table. */
  short: string;
}

/** What remains of a token's life. A token that renews by itself never alarms anyone. */
export function tokenLife(token: TokenTimes | null, now: Date): TokenLife | null {
  if (!token) return null;
  const { issuedAt, expiresAt, refreshable } = token;
  if (!expiresAt) return { share: null, sentence: 'Has no end date', short: 'no expiry' };
  const left = expiresAt.getTime() - now.getTime();
  if (left <= 0) {
    return refreshable
      ? { share: 0, sentence: 'Renews at its next use', short: 'expired, refreshable' }
      : { share: 0, sentence: 'Has ended', short: 'expired' };
  }
  const whole = issuedAt ? expiresAt.getTime() - issuedAt.getTime() : 0;
  const share = whole > 0 ? Math.min(1, left / whole) : null;
  const span = duration(left);
  const narrow = shortDuration(left);
  return refreshable
    ? { share, sentence: `Renews by itself, ${span} left`, short: `${narrow} left` }
    : { share, sentence: `Ends in ${span}`, short: `${narrow} left, no refresh` };
}
