import { expect, test } from 'vitest';
import { detailText } from './detail-text.ts';

test('everything that an entry holds is named; what it does not hold is left out', () => {
  const text = detailText({
    id: 7,
    at: new Date('2026-11-22T12:00:00Z'),
    action: 'token.vended',
    sentence: 'Token read',
    outcome: 'ok',
    code: null,
    actor: { type: 'api_key', id: 'key_1', name: 'billing' },
    person: { id: 'per_1', name: 'Ada' },
    apiKey: null,
    connectionId: 'con_1',
    provider: null,
    ip: null,
    requestId: 'req_1',
    count: 1,
    details: { scopes: ['read', 'write'], rotated: false, none: null },
  });
  expect(text.map(({ name, value }) => [name, value])).toEqual([
    ['at', '2026-11-22T12:00:00.000Z'],
    ['id', '7'],
    ['action', 'token.vended'],
    ['actor', 'api_key key_1'],
    ['person', 'per_1'],
    ['connection', 'con_1'],
    ['request', 'req_1'],
    ['scopes', 'read write'],
    ['rotated', 'false'],
  ]);
  expect(JSON.stringify(text)).not.toContain('Ada');
});

test('what the list can be narrowed to says by which filter', () => {
  const details = { fingerprint: 'q83v', reason: 'left' };
  const none = { person: null, apiKey: null, connectionId: null, provider: null, ip: '203.0.113.7', requestId: null };
  const text = detailText({
    ...none,
    id: 7,
    at: new Date('2026-11-22T12:00:00Z'),
    action: 'token.vended',
    sentence: 'Token read',
    outcome: 'ok',
    code: null,
    actor: { type: 'system', id: 'tick', name: null },
    count: 1,
    details,
  });
  expect(text.filter(({ filter }) => filter).map(({ filter, value }) => [filter, value])).toEqual([
    ['action', 'token.vended'],
    ['ip', '203.0.113.7'],
    ['fingerprint', 'q83v'],
  ]);
});
