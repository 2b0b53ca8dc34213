import { expect, test } from 'vitest';
import type { BatchRow } from '#lib/ledger/row-encoding';
import { toEvent } from '#lib/ledger-stream/event';
import { readReturned } from '#lib/ledger-stream/returned-event';

const origin = 'hub.example.com/ledger';
const row: BatchRow = {
  ...{ at: 1_764_000_000_000, id: 7, xid: 70, action: 'token.vended', outcome: 'ok', code: null },
  ...{ actorType: 'api_key', actorId: 'key_1', personId: 'per_1', connectionId: 'con_1', provider: 'acme' },
  ...{ apiKeyId: 'key_1', ip: null, requestId: null, count: 1, details: { purpose: 'report' } },
};
const line = JSON.stringify(toEvent(row, origin));
const withDetails = (details: string) => line.replace('{"purpose":"report"}', details);

test('an event that came back is its row; members that a SIEM added count for nothing', () => {
  const honest = readReturned(line, origin);
  expect(honest).toMatchObject({ row, isAltered: false });
  const added = readReturned(line.replace('{', '{"@timestamp":"2026-11-29","__proto__":{"time":1},'), origin);
  expect(added).toMatchObject({ row, isAltered: false });
});

test.each<[what: string, details: string]>([
  ['another member', '{"purpose":"report","more":1}'],
  ['a member by a name of JavaScript’s own', '{"purpose":"report","__proto__":{"purpose":"theft"}}'],
  ['such a name alone', '{"purpose":"report","constructor":null}'],
  ['another value', '{"purpose":"theft"}'],
])('a row whose details have %s is another row', (_what, details) => {
  const honest = readReturned(line, origin);
  expect(readReturned(withDetails(details), origin)?.leaf).not.toEqual(honest?.leaf);
});

test.each<[what: string, details: string]>([
  ['a list for details', '[]'],
  ['no details', 'null'],
  ['details that are nested without end', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
])('a line with %s is no event of the ledger, and stops nothing', (_what, details) => {
  expect(readReturned(withDetails(details), origin)).toBeNull();
});
