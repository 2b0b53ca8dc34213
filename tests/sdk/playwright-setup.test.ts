import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import startDemo from '../../sdk/src/playwright/demo.ts';
import { readDemo } from '../../sdk/src/playwright/hub.ts';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['neither a demo nor a repository is named', {}, 'Set GRANTKEEP_REPOSITORY'],
  ['the demo has ended', { GRANTKEEP_DEMO: 'no-demo.json', GRANTKEEP_REPOSITORY: '.' }, 'no-demo.json'],
  ['the folder is no repository', { GRANTKEEP_REPOSITORY: 'docs' }, 'The demo did not start'],
])('the setup says that %s', async (_, variables: Record<string, string>, words) => {
  for (const name of ['GRANTKEEP_DEMO', 'GRANTKEEP_REPOSITORY']) vi.stubEnv(name, variables[name] ?? '');
  await expect(startDemo()).rejects.toThrow(words);
});

test('the command line runs under the Node of the repository, which is newer than the one of the tests may be', async () => {
  const repository = mkdtempSync(join(tmpdir(), 'grantkeep-repository-'));
  onTestFinished(() => rmSync(repository, { recursive: true }));
  const at = (...path: string[]) => join(repository, ...path);
  mkdirSync(at('node_modules/.bin'), { recursive: true });
  mkdirSync(at('scripts'));
  writeFileSync(at('scripts/grantkeep.mjs'), "process.stdout.write('the Node of the tests');");
  writeFileSync(at('node_modules/.bin/node'), '#!/bin/sh\necho its own: "$2"\n', { mode: 0o755 });
  writeFileSync(at('demo.env'), '');
  writeFileSync(at('demo.json'), JSON.stringify({ repository, environment_file: at('demo.env') }));
  const { grantkeep } = readDemo(at('demo.json'));
  expect(await grantkeep('freezes')).toBe('its own: freezes\n');
  rmSync(at('node_modules'), { recursive: true });
  expect(await grantkeep('freezes')).toBe('the Node of the tests');
});
