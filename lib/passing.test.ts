import { describe, expect, test } from 'vitest';
import { AppError, toAppError } from '#lib/errors';
import { passesAfterSeconds } from '#lib/passing';
import { faults, passing } from '#tests/database-faults';

describe('F-10 the one mapper', () => {
  test.each(passing)('%s passes by itself: 503 with the seconds to wait', (_, make) => {
    for (const error of [make(), new Error('Failed query', { cause: make() })]) {
      const mapped = toAppError(error);
      expect([mapped.code, mapped.status, mapped.cause]).toEqual(['unavailable', 503, error]);
      expect(mapped.retryAfterSeconds).toBeGreaterThan(0);
    }
  });

  test.each(faults)('%s is a fault: 500', (_, make) => {
    expect(toAppError(new Error('Failed query', { cause: make() }))).toMatchObject({ code: 'internal', status: 500 });
  });

  test('ours stay as they are, also where something that passes caused them', () => {
    const ours = new AppError('not_found', { cause: passing[0]?.[1]() });
    expect(toAppError(ours)).toBe(ours);
  });

  test('an error that causes itself is a fault like another', () => {
    const error = new Error('round');
    error.cause = error;
    expect(passesAfterSeconds(error)).toBeUndefined();
  });
});
