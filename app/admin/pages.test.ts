import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const pages = globSync('app/admin/**/page.tsx').map((file) => ({ file, text: readFileSync(file, 'utf8') }));

test('every admin page says at its top what is frozen, except one that only sends on', () => {
  const silent = pages.filter(({ text }) => !text.includes('<StandingFreezes />') && !text.includes('redirect('));
  expect(pages.length).toBeGreaterThan(5);
  expect(silent.map(({ file }) => file)).toEqual([]);
});
