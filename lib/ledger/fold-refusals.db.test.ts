import { asc } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { createRefusalFolder, networkOf } from '#lib/ledger/fold-refusals';
import { record } from '#lib/ledger/record';
import { sharedDatabase } from '#tests/database';

const database = sharedDatabase();
beforeEach(() => database.db.delete(ledger));

const rows = () => database.db.select().from(ledger).orderBy(asc(ledger.id));
const from = (ip: string | null, requestId = 'req_1') => ({ ip, requestId });

test.each([
  ['203.0.113.9', '203.0.113.0/24'],
  ['203.0.113.255', '203.0.113.0/24'],
  ['::ffff:203.0.113.9', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::ffff', '2001:db8:1:2::/64'],
  ['::1', '::/64'],
  [null, 'unknown'],
  ['', 'unknown'],
  ['<script>', 'unknown'],
  ['203.0.113.9\n203.0.113.10', 'unknown'],
])('%s lies in %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});

describe('refusals of anonymous requests', () => {
  test('become one row a code and network, with the count and the first request', async () => {
    const folder = createRefusalFolder();
    for (let n = 0; n < 250; n++) folder.add(from(`203.0.113.${n}`, `req_${n}`), 'state_unknown', 'google');
    folder.add(from('203.0.113.1'), 'rate_limited');
    folder.add(from('198.51.100.1'), 'state_unknown');
    await folder.flush(database.db);
    const seen = (await rows()).map(({ code, ip, count, requestId, provider }) => ({
      code,
      ip,
      count,
      requestId,
      provider,
    }));
    expect(seen).toEqual([
      { code: 'state_unknown', ip: '203.0.113.0/24', count: 250, requestId: 'req_0', provider: 'google' },
      { code: 'rate_limited', ip: '203.0.113.0/24', count: 1, requestId: 'req_1', provider: null },
      { code: 'state_unknown', ip: '198.51.100.0/24', count: 1, requestId: 'req_1', provider: null },
    ]);
    expect((await rows())[0]).toMatchObject({
      action: 'request.refused',
      outcome: 'refused',
      actorType: 'anonymous',
      actorId: null,
    });
  });

  test('of one who is known are theirs, a row each', async () => {
    const folder = createRefusalFolder();
    const key = { type: 'api_key', keyId: 'key_1', scopes: [], providers: null, applicationId: null } as const;
    const person = {
      type: 'person',
      personId: 'per_1',
      role: 'user',
      sessionId: 's',
      name: 'Ada',
      email: null,
    } as const;
    for (const actor of [key, person, person]) folder.add({ ...from('203.0.113.1'), actor }, 'not_found');
    folder.add(from('203.0.113.1'), 'not_found');
    await folder.flush(database.db);
    expect((await rows()).map(({ actorType, actorId, count }) => [actorType, actorId, count])).toEqual([
      ['api_key', 'key_1', 1],
      ['person', 'per_1', 2],
      ['anonymous', null, 1],
    ]);
  });

  test('begin anew each minute; nothing to say writes nothing', async () => {
    const folder = createRefusalFolder();
    await folder.flush(database.db);
    folder.add(from('203.0.113.1'), 'state_unknown');
    await folder.flush(database.db);
    await folder.flush(database.db);
    folder.add(from('203.0.113.1'), 'state_unknown');
    await folder.flush(database.db);
    expect((await rows()).map(({ count }) => count)).toEqual([1, 1]);
  });

  test('of a flood from everywhere are bounded, and none goes uncounted', async () => {
    const folder = createRefusalFolder();
    const flood = 5_000;
    for (let n = 0; n < flood; n++) folder.add(from(`10.${n >> 8}.${n & 255}.1`), 'state_unknown');
    await folder.flush(database.db);
    const written = await rows();
    expect(written.length).toBeLessThanOrEqual(1_001);
    expect(written.reduce((sum, { count }) => sum + count, 0)).toBe(flood);
    expect(written.at(-1)).toMatchObject({ ip: 'other', count: flood - 1_000 });
  });

  test('of one who is known keep their name in a flood from everywhere', async () => {
    const folder = createRefusalFolder();
    const key = { type: 'api_key', keyId: 'key_1', scopes: [], providers: null, applicationId: null } as const;
    for (let n = 0; n < 1_200; n++) folder.add(from(`10.${n >> 8}.${n & 255}.1`), 'not_found');
    folder.add({ ...from('203.0.113.1'), actor: key }, 'not_found');
    for (let n = 0; n < 1_200; n++) folder.add({ ...from(`11.${n >> 8}.${n & 255}.1`), actor: key }, 'not_found');
    await folder.flush(database.db);
    const written = await rows();
    const theirs = written.filter(({ actorId }) => actorId === 'key_1');
    expect(theirs.reduce((sum, { count }) => sum + count, 0)).toBe(1_201);
    expect(theirs[0]).toMatchObject({ ip: '203.0.113.0/24', count: 1 });
    expect(theirs.at(-1)).toMatchObject({ ip: 'other', count: 201 });
    expect(written.length).toBeLessThanOrEqual(2_002);
  });

  test('count for the provider that each is about', async () => {
    const folder = createRefusalFolder();
    for (const provider of ['google', 'github', 'github']) folder.add(from('203.0.113.1'), 'iss_mismatch', provider);
    await folder.flush(database.db);
    expect((await rows()).map(({ provider, count }) => [provider, count])).toEqual([
      ['google', 1],
      ['github', 2],
    ]);
  });

  test('that the database did not take are written with those of the next minute', async () => {
    const folder = createRefusalFolder();
    const broken = { insert: () => ({ values: () => Promise.reject(new Error('out of reach')) }) } as unknown as Db;
    folder.add(from('203.0.113.1'), 'state_unknown');
    folder.add(from('203.0.113.1'), 'rate_limited');
    await expect(folder.flush(broken)).rejects.toThrow('out of reach');
    folder.add(from('203.0.113.2'), 'state_unknown');
    await folder.flush(database.db);
    const seen = (await rows()).map(({ code, count }) => [code, count]).sort();
    expect(seen).toEqual([
      ['rate_limited', 1],
      ['state_unknown', 2],
    ]);
  });
});

test('line breaks and quotes in what is recorded stay data', async () => {
  const text = 'first\r\nsecond\u2028"third"\u0007 {"action":"forged"}';
  await record(
    database.db,
    { actor: { type: 'system', name: text }, ip: null, requestId: 'req_1' },
    {
      action: 'connection.revoked',
      details: { reason: text, list: [text] },
    },
  );
  const [row, ...others] = await rows();
  expect(others).toEqual([]);
  expect(row).toMatchObject({ action: 'connection.revoked', actorId: text, details: { reason: text, list: [text] } });
});
