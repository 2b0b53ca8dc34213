import { expect, test } from 'vitest';
import { nearestTests } from './nearest-tests.ts';

const aliases = { '#lib/*': './lib/*.ts', '#ui/*': './app/_ui/*.ts' };
const sources = new Map(
  Object.entries({
    'lib/a/core.ts': 'export const core = 1;',
    'lib/a/core.test.ts': "import { core } from '#lib/a/core';",
    'lib/b/verb.ts': "import { core } from '#lib/a/core';",
    'lib/b/types.ts': "import type { Core } from '#lib/a/core';",
    'lib/b/types.test.ts': "import { types } from './types.ts';",
    'lib/b/verb.db.test.ts': "import { verb } from './verb.ts';",
    'scripts/main.test.ts': "run(['lib/b/verb.ts']);",
    'tests/docs.test.ts': "globSync('docs/**/*.md')",
    'tests/errors.test.ts': "readFileSync('docs/errors.md')",
    'vitest.config.ts': "include: ['lib/**']",
  }),
);

test.each<[changed: string, nearest: string[]]>([
  ['lib/a/core.ts', ['lib/a/core.test.ts', 'lib/b/verb.db.test.ts', 'scripts/main.test.ts']],
  ['lib/b/verb.ts', ['lib/b/verb.db.test.ts', 'scripts/main.test.ts']],
  ['lib/b/types.test.ts', ['lib/b/types.test.ts']],
  ['docs/errors.md', ['tests/docs.test.ts', 'tests/errors.test.ts']],
  ['docs/api.md', ['tests/docs.test.ts']],
  ['public/logo.svg', []],
])('what %s touches', (changed, nearest) => {
  expect(nearestTests([changed], sources, aliases)).toEqual({ nearest, further: 0 });
});

test('of very many tests the nearest are named, and the rest is counted', () => {
  const far = Array.from({ length: 60 }, (_, n) => [`lib/c/${n}.test.ts`, "import '#lib/b/verb';"] as const);
  const found = nearestTests(['lib/a/core.ts'], new Map([...far, ...sources]), aliases);
  expect(found.nearest[0]).toBe('lib/a/core.test.ts');
  expect([found.nearest.length, found.further]).toEqual([20, 43]);
});
