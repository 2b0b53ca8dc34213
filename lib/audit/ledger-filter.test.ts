import { expect, test } from 'vitest';
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
  [{ ip: 'a\0b', request: 'x'.repeat(65) }, {}],
])('an address with %j asks for %j', (fields, expected) => {
  const filter = readLedgerFilter(fields);
  expect(Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))).toEqual(expected);
  expect(ledgerFilter.safeParse(filter).success).toBe(true);
});
