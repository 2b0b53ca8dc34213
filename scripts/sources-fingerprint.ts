import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const sources = [
  'scripts/script-inventory.ts',
  'app/**',
  'lib/**',
  'public/**',
  '*.{ts,mjs}',
  'tsconfig.json',
  'package-lock.json',
];

const tests = ['**/*.test.ts', '**/*.test.tsx', 'vitest.config.ts', 'playwright.config.ts'];

/**
 * SHA-256 of every file that the build reads, hexadecimal. Tests and their settings are left out.
 * @param root the project's folder, with a slash at its end
 */
export function sourcesFingerprint(root = project): string {
  const hash = createHash('sha256');
  const files = globSync(sources, { cwd: root, exclude: [...tests, 'next-env.d.ts'] }).sort();
  for (const file of files) {
    if (statSync(`${root}${file}`).isFile()) hash.update(`${file}\0`).update(readFileSync(`${root}${file}`));
  }
  return hash.digest('hex');
}
