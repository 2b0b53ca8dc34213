import { describe, expect, test } from 'vitest';
import { ledgerFilter, readLedgerFilter } from '#lib/audit/ledger-filter';

test.each<[Record<string, string>, Record<string, unknown>]>([
  [{}, {}],
  [
    { person: 'per_1', key: ' key_1 ', ip: '203.0.113.7' },
    { personId: 'per_1', apiKeyId: 'key_1', ip: '203.0.113.7' },
  ],
  [
    { action: 'token.vended', outcome: 'failed' },
    { action: 'token.vended', outcome: 'failed' },
  ],
  [{ person: 'ada@example.com' }, { personEmail: 'ada@example.com' }],
  [{ action: 'token.stolen', outcome: 'good', provider: '' }, {}],
  [
    { from: '2026-11-22', to: '2026-11-22T09:30' },
    { from: new Date('2026-11-22T00:00:00Z'), to: new Date('2026-11-22T09:30:00Z') },
  ],
  [{ from: 'yesterday', to: '2026-13-41' }, {}],
  [{ from: '0000-01-01', to: '2026-11-22T09:30+02:00' }, {}],
  [{ from: '2026-11-22T09:30', zone: 'Europe/Berlin', range: 'today' }, { from: new Date('2026-11-22T08:30:00Z') }],
  [{ range: 'ever', zone: 'Europe/Nowhere' }, {}],
  [{ ip: 'a\0b', request: 'x'.repeat(65) }, {}],
])('an address with %j asks for %j', (fields, expected) => {
  const filter = readLedgerFilter(fields);
  expect(Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))).toEqual(expected);
  expect(ledgerFilter.safeParse(filter).success).toBe(true);
});

describe('S-02 ranges are those of the reader’s days', () => {
  const reader = { zone: 'Europe/Berlin', now: new Date('2026-11-28T23:30:00Z') };
  test.each([
    ['hour', '2026-11-28T22:30:00.000Z', undefined],
    ['today', '2026-11-28T23:00:00.000Z', undefined],
    ['yesterday', '2026-11-27T23:00:00.000Z', '2026-11-28T23:00:00.000Z'],
    ['7d', '2026-11-22T23:00:00.000Z', undefined],
    ['30d', '2026-10-30T23:00:00.000Z', undefined],
  ])('%s', (range, from, to) => {
    const filter = readLedgerFilter({ range }, reader);
    expect([filter.from?.toISOString(), filter.to?.toISOString()]).toEqual([from, to]);
  });
});
