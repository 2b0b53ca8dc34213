import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const source = readFileSync(new URL('../../sdk/src/popup.ts', import.meta.url), 'utf8');

test('the script for windows is below 3 kB as it is, gzipped, and needs nothing else', () => {
  const script = stripTypeScriptTypes(source);
  expect(gzipSync(script).length).toBeLessThan(3 * 1024);
  // As a bundler leaves it, without its comments.
  expect(gzipSync(script.replaceAll(/\/\*[\s\S]*?\*\//g, '')).length).toBeLessThan(1024);
  expect(script).not.toMatch(/\bimport\b/);
});
