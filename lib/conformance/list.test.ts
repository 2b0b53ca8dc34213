import { expect, test } from 'vitest';
import { clauseStates } from '#lib/conformance/clause';
import { type ConformanceFilter, listConformance } from '#lib/conformance/list';
import { specifications } from '#lib/conformance/specifications';
import type { Context, Role } from '#lib/context';

const contextOf = (role: Role) => ({ actor: { type: 'person', personId: 'per_1', role } }) as Context;
const shown = (filter: ConformanceFilter) =>
  listConformance(contextOf('auditor'), filter).specifications.flatMap(({ clauses }) => clauses);

test('auditors and administrators read the map, and others do not', () => {
  expect(listConformance(contextOf('administrator')).specifications).toHaveLength(specifications.length);
  expect(() => listConformance(contextOf('user'))).toThrow(expect.objectContaining({ code: 'forbidden' }));
});

test('the filter narrows the clauses, and leaves the counts as they are', () => {
  const all = shown({});
  const { counts } = listConformance(contextOf('auditor'), { state: 'not_met' });
  for (const state of clauseStates) expect(shown({ state })).toHaveLength(counts[state]);
  expect(all).toHaveLength(clauseStates.reduce((sum, state) => sum + counts[state], 0));
  expect(shown({ state: 'gaps' })).toHaveLength(counts.not_met + counts.partly);
  const { length } = specifications.find(({ id }) => id === 'rfc9207')?.clauses ?? [];
  expect(shown({ specification: 'rfc9207' })).toHaveLength(length);
  expect(shown({ specification: 'none' })).toEqual([]);
});
