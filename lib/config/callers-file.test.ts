import { expect, test } from 'vitest';
import { callersFile } from '#lib/config/callers-file';

test.each([
  ['in the folder where npm was called', 'bundle.json', '/home/ada/bundle.json'],
  ['above it', '../bundle.json', '/home/bundle.json'],
  ['by its whole path', '/srv/bundle.json', '/srv/bundle.json'],
  ['the standard input', '-', '-'],
])('a file of npm run grantkeep: %s', (_, file, found) => {
  expect(callersFile(file, { npm_lifecycle_event: 'grantkeep', INIT_CWD: '/home/ada' })).toBe(found);
});

test.each([
  ['without npm', {}],
  ['below another script of npm', { npm_lifecycle_event: 'test', INIT_CWD: '/home/ada' }],
])('a file stays as it is named %s', (_, environment) => {
  expect(callersFile('bundle.json', { ...environment })).toBe('bundle.json');
});
