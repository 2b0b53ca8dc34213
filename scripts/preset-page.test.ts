import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { presetPage } from '#scripts/preset-page';

test('docs/presets.md is what the records say (node scripts/write-preset-page.ts writes it anew)', () => {
  expect(readFileSync(new URL('../docs/presets.md', import.meta.url), 'utf8')).toBe(presetPage());
});
