import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readResults } from '#lib/conformance/results';
import { conformancePage } from '#scripts/conformance-page';

test('docs/conformance.md is what the map says (node scripts/write-conformance-page.ts writes it anew)', () => {
  expect(readFileSync(new URL('../docs/conformance.md', import.meta.url), 'utf8')).toBe(
    conformancePage(readResults('.')),
  );
});
