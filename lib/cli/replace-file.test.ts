import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { replaceFile } from '#lib/cli/replace-file';

const folder = mkdtempSync(join(tmpdir(), 'grantkeep-replace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[what: string, prepare: (next: string, other: string) => void]>([
  ['nothing', () => {}],
  ['a link to another file', (next, other) => symlinkSync(other, next)],
  ['a link to nothing', (next) => symlinkSync(join(folder, 'nowhere'), next)],
  [
    'a file that is open to others',
    (next) => {
      writeFileSync(next, 'longer than what comes');
      chmodSync(next, 0o666);
    },
  ],
])('where %s lies in its way, the file is written for its owner alone', (what, prepare) => {
  const [path, other] = [join(folder, `${what} state`), join(folder, `${what} other`)];
  writeFileSync(other, 'of another');
  writeFileSync(path, 'before');
  prepare(`${path}.new`, other);
  replaceFile(path, 'after');
  expect(readFileSync(path, 'utf8')).toBe('after');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(other, 'utf8')).toBe('of another');
});
