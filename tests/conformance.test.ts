import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Clause, MetClause, Specification } from '#lib/conformance/clause';
import { specifications } from '#lib/conformance/specifications';
import { conformanceFaults } from '#tests/conformance-faults';

const root = fileURLToPath(new URL('..', import.meta.url));

test('each row of the map of clauses names files, declarations and tests that are there', () => {
  expect(conformanceFaults(specifications, root)).toEqual([]);
});

describe('a row that names something absent is found', () => {
  const right = {
    id: '1',
    level: 'must',
    asks: 'Something.',
    state: 'met',
    code: ['tests/conformance-faults.ts#conformanceFaults'],
    tests: ['tests/conformance.test.ts > a row that names something absent is found'],
  } satisfies MetClause;
  const mapOf = (...clauses: Clause[]): Specification[] => [
    { id: 'x', name: 'X', title: 'x', url: 'https://x.example', scope: 'All.', clauses },
  ];

  test.each<[string, Partial<MetClause>, string[]]>([
    ['nothing of it', {}, []],
    ['a file', { code: ['lib/there-is-none.ts'] }, ['x 1: no file lib/there-is-none.ts']],
    ['a declaration', { code: ['lib/ids.ts#thereIsNone'] }, ['x 1: no thereIsNone in lib/ids.ts']],
    ['a test file', { tests: ['lib/there-is-none.test.ts > something'] }, ['x 1: no file lib/there-is-none.test.ts']],
    [
      'a title',
      { tests: ['lib/ids.test.ts > there is no such test'] },
      ['x 1: no test “there is no such test” in lib/ids.test.ts'],
    ],
    ['a title at all', { tests: ['lib/ids.test.ts > %s'] }, ['x 1: “%s” is too short to name a test']],
  ])('%s', (_, change, faults) => {
    expect(conformanceFaults(mapOf({ ...right, ...change }), root)).toEqual(faults);
  });

  test('and so is a number that is there twice', () => {
    expect(conformanceFaults(mapOf(right, right), root)).toEqual(['x: 1 is there twice']);
  });
});
