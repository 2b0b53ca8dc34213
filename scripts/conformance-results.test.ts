import { expect, test } from 'vitest';
import type { TestName } from '#lib/conformance/clause';
import { resultsOf } from '#scripts/conformance-results';

const ran = (file: string, path: string[], passed = true) => ({ file, path, passed });
const all = [
  ran('lib/a.test.ts', ['a group', 'its first test']),
  ran('lib/a.test.ts', ['a group', 'its second test'], false),
  ran('lib/a.test.ts', ['rows of one are fine']),
  ran('lib/a.test.ts', ['rows of two are fine'], false),
  ran('e2e/b.spec.ts', ['a story']),
  ran('e2e/b.spec.ts', ['a story']),
];

test.each<[string, TestName, string]>([
  ['passed: a test of its own', 'lib/a.test.ts > its first test', 'passed'],
  ['passed on both engines', 'e2e/b.spec.ts > a story', 'passed'],
  ['failed: one test of a group', 'lib/a.test.ts > a group', 'failed'],
  ['failed: one row of a table', 'lib/a.test.ts > rows of %s are fine', 'failed'],
  ['passed: a row of a table, whose title begins with its own word', 'e2e/b.spec.ts > %s story', 'passed'],
  ['did not run: another file has the title', 'lib/c.test.ts > a story', 'did_not_run'],
  ['did not run: no such title', 'lib/a.test.ts > a story', 'did_not_run'],
])('%s', (_, name, result) => {
  expect(resultsOf([name], all)).toEqual({ [name]: result });
});
