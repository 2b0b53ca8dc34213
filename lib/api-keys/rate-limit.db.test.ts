import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { limitRate } from '#lib/api-keys/rate-limit';
import { isAppError } from '#lib/errors';
import { sharedDatabase } from '#tests/database';
import { addPerson, asNobody, createRuntime } from '#tests/hub';

const database = sharedDatabase();
beforeEach(async () => {
  // A minute's tries may take a busy machine longer than a minute.
  vi.useFakeTimers({ toFake: ['Date'] });
  await database.db.execute(sql`delete from rate_limits`);
});

/** Sign-ins that pass of so many tries, one after the other, from each address in turn. */
async function passing(tries: number, ...addresses: string[]): Promise<number> {
  const runtime = createRuntime(database.current, []);
  let passed = 0;
  for (let n = 0; n < tries; n++) {
    const ctx = { ...asNobody(runtime), ip: addresses[n % addresses.length] ?? null };
    const refused = await limitRate(ctx, 'sign_in').catch((error: unknown) => error);
    if (refused === undefined) passed += 1;
    else expect(isAppError(refused) && refused.retryAfterSeconds).toBeGreaterThan(0);
  }
  return passed;
}

const from = (count: number, address: (n: number) => string) => Array.from({ length: count }, (_, n) => address(n));

describe('A-18 tries are counted by address first', () => {
  test.each<[what: string, flooding: string, neighbour: string]>([
    ['IPv4', '203.0.113.7', '203.0.113.8'],
    ['IPv4 as IPv6 writes it', '::ffff:203.0.113.7', '203.0.113.8'],
    ['IPv6, whose next network is somebody else', '2001:db8:0:1::7', '2001:db8:0:2::7'],
  ])('%s: one machine that tries without end leaves its neighbours theirs', async (_, flooding, neighbour) => {
    // More than the whole network has.
    expect(await passing(620, flooding)).toBe(60);
    expect(await passing(61, neighbour)).toBe(60);
  });

  test('an IPv4 address counts the same however it is written', async () => {
    expect(await passing(100, '203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107')).toBe(60);
  });

  test('the addresses of one IPv6 /64, all of which one machine has, count as one', async () => {
    expect(await passing(100, ...from(100, (n) => `2001:db8:0:1::${n.toString(16)}`))).toBe(60);
  });

  test.each<[what: string, addresses: string[], elsewhere: string]>([
    ['a /24', from(50, (n) => `203.0.113.${n}`), '203.0.114.1'],
    ['an IPv6 /48', from(50, (n) => `2001:db8:0:${n.toString(16)}::1`), '2001:db8:1::1'],
  ])('%s has ten addresses’ worth of them, and others have theirs', async (_, addresses, elsewhere) => {
    expect(await passing(620, ...addresses)).toBe(600);
    expect(await passing(1, elsewhere)).toBe(1);
  });

  test('somebody who is signed in is counted alone', async () => {
    const runtime = createRuntime(database.current, []);
    const ada = (await addPerson(runtime)).ctx();
    await passing(620, ...from(50, (n) => `203.0.113.${n}`));
    await expect(limitRate({ ...ada, ip: '203.0.113.1' }, 'sign_in')).resolves.toBeUndefined();
  });
});
