import { afterEach, expect, test, vi } from 'vitest';
import startDemo from '../../sdk/src/playwright/demo.ts';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['neither a demo nor a repository is named', {}, 'Set GRANTKEEP_REPOSITORY'],
  ['the demo has ended', { GRANTKEEP_DEMO: 'no-demo.json', GRANTKEEP_REPOSITORY: '.' }, 'no-demo.json'],
  ['the folder is no repository', { GRANTKEEP_REPOSITORY: 'docs' }, 'The demo did not start'],
])('the setup says that %s', async (_, variables: Record<string, string>, words) => {
  for (const name of ['GRANTKEEP_DEMO', 'GRANTKEEP_REPOSITORY']) vi.stubEnv(name, variables[name] ?? '');
  await expect(startDemo()).rejects.toThrow(words);
});
