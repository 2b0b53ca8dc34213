import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { untilTaken } from '#lib/db/until-taken';
import { AppError } from '#lib/errors';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const failure = (code: string) => Object.assign(new Error(code), { code });
/** As drizzle wraps what the driver threw. */
const wrapped = (code: string) => new Error('Failed query', { cause: failure(code) });

/** Fails with each of these in turn, then succeeds. */
function failing(...errors: unknown[]) {
  const left = [...errors];
  return vi.fn(async () => {
    if (left.length > 0) throw left.shift();
    return 'taken';
  });
}

async function run(write: () => Promise<string>, patienceMs?: number) {
  const failures: unknown[] = [];
  const outcome = untilTaken(write, {
    onFailure: (error) => failures.push(error),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  }).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return { outcome: await outcome, failures };
}

describe('what the database may take later is written again', () => {
  test.each([
    ['out of reach', failure('ECONNREFUSED')],
    ['out of reach, as drizzle says it', wrapped('ECONNRESET')],
    ['its disk is full', wrapped('53100')],
    ['deadlock', wrapped('40P01')],
    ['a role that may not write for now', wrapped('42501')],
    ['a table that a migration is about to make', wrapped('42P01')],
    ['shutting down', wrapped('57P01')],
  ])('%s', async (_, error) => {
    const write = failing(error, error, error);
    expect(await run(write)).toEqual({ outcome: 'taken', failures: [error, error, error] });
    expect(write).toHaveBeenCalledTimes(4);
  });
});

describe('what stays as it is is not', () => {
  test.each([
    ['a value that the database refuses', wrapped('22021')],
    ['a constraint', wrapped('23514')],
    ['a fault of our own', new TypeError('x is undefined')],
    ['an outcome', new AppError('revoked')],
    ['an outcome that a failure of the database led to', new AppError('unavailable', { cause: failure('53100') })],
  ])('%s', async (_, error) => {
    const write = failing(error);
    expect(await run(write)).toEqual({ outcome: error, failures: [] });
    expect(write).toHaveBeenCalledTimes(1);
  });
});

test('without patience it goes on for days; with some the last failure is thrown', async () => {
  const full = wrapped('53100');
  const forLong = failing(...Array.from({ length: 2000 }, () => full));
  expect((await run(forLong)).outcome).toBe('taken');
  const never = vi.fn(async () => Promise.reject<string>(full));
  expect((await run(never, 60_000)).outcome).toBe(full);
  // About one attempt in one and a half seconds.
  expect(never.mock.calls.length).toBeGreaterThan(20);
  expect(never.mock.calls.length).toBeLessThan(100);
});
