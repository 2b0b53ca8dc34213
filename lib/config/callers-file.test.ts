import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { callersFile } from '#lib/config/callers-file';

test.each([
  ['in the folder of the call', 'bundle.json', '/home/ada/bundle.json'],
  ['above it', '../bundle.json', '/home/bundle.json'],
  ['by its whole path', '/srv/bundle.json', '/srv/bundle.json'],
  ['the standard input', '-', '-'],
])('a file of the caller: %s', (_, file, found) => {
  expect(callersFile(file, { GRANTKEEP_CALLED_IN: '/home/ada' })).toBe(found);
});

test('a file stays as it is named where the command line was not begun by its script', () => {
  expect(callersFile('bundle.json', {})).toBe('bundle.json');
});

test.each([
  ['without npm', {}, 'evidence.json'],
  ['by npm from another folder', { npm_lifecycle_event: 'grantkeep' }, 'evidence.json'],
  ['below another script of npm', { npm_lifecycle_event: 'test', INIT_CWD: '/nowhere' }, 'evidence.json'],
])('the command line is called from any folder, and finds its own files and the caller’s: %s', (_, npm, file) => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-called-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const variables = { PATH, NODE_COMPILE_CACHE, ...('npm_lifecycle_event' in npm ? { INIT_CWD: folder } : {}), ...npm };
  const command = (...args: string[]) =>
    execFileSync(process.execPath, [join(process.cwd(), 'scripts/grantkeep.mjs'), ...args], {
      cwd: folder,
      env: { NODE_ENV: 'test', ...variables },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  expect(command('--version')).toMatch(/^\d+\.\d+\.\d+/);
  writeFileSync(join(folder, file), 'no bundle');
  // Read, and found to be none.
  expect(() => command('evidence', 'verify', file)).toThrow(/^(?!.*cannot be read)/s);
});
