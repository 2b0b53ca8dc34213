import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { completeLock, platformOf } from './complete-lock.mjs';

test.each([
  ['@biomejs/cli-darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
  ['@biomejs/cli-linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
  ['@tailwindcss/oxide-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
  ['@tailwindcss/oxide-win32-x64-msvc', { os: ['win32'], cpu: ['x64'] }],
  ['@tailwindcss/oxide-wasm32-wasi', { cpu: ['wasm32'] }],
])('the name %s says where it runs', (name, platform) => {
  expect(platformOf(name)).toEqual(platform);
});

test('a missing platform package gets an entry of its parent’s kind', () => {
  const lock = {
    packages: {
      'node_modules/tool': { version: '2.0.0', dev: true, optionalDependencies: { 'tool-darwin-x64': '2.0.0' } },
    },
  };
  expect(completeLock(lock)).toEqual(['tool-darwin-x64']);
  expect(lock.packages).toHaveProperty('node_modules/tool-darwin-x64', {
    version: '2.0.0',
    dev: true,
    optional: true,
    os: ['darwin'],
    cpu: ['x64'],
  });
  expect(completeLock(lock)).toEqual([]);
});

test('a nested entry counts, and a range or an unknown platform is refused', () => {
  const nested = {
    packages: {
      'node_modules/a/node_modules/b': { version: '1.0.0', optionalDependencies: { 'b-linux-x64': '1.0.0' } },
      'node_modules/a/node_modules/b-linux-x64': { version: '1.0.0' },
    },
  };
  expect(completeLock(nested)).toEqual([]);
  const range = { packages: { 'node_modules/a': { optionalDependencies: { 'a-linux-x64': '^1.0.0' } } } };
  expect(() => completeLock(range)).toThrow('Cannot complete');
  const unknown = { packages: { 'node_modules/a': { optionalDependencies: { speedup: '1.0.0' } } } };
  expect(() => completeLock(unknown)).toThrow('Cannot complete');
});

test('the lock file of this project is complete', () => {
  expect(completeLock(JSON.parse(readFileSync('package-lock.json', 'utf8')))).toEqual([]);
});
