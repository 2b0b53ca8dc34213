import { cpSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { findBrowser } from '#scripts/find-browser';
import { type Application, installCommands, makeApplication } from '#tests/sdk/application-folder';

const page = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');

/** The blocks of the page in one language. */
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, own, text = '']) => (own === language ? [text] : []));

/** Two tests that run at one time, in two workers: each waits for what the other has done. */
const parallel = `
import { existsSync, writeFileSync } from 'node:fs';
import { expect, readDemo, test } from '@grantkeep/client/playwright';

test.describe.configure({ mode: 'parallel' });
const says = (word: string) => writeFileSync(word, readDemo(process.env.GRANTKEEP_DEMO ?? '').url);
const hears = (word: string) => expect.poll(() => existsSync(word), { timeout: 60_000 }).toBe(true);

test('one switches time-outs on for its person', async ({ page, signIn, connect, providerFails }, { workerIndex }) => {
  await signIn(page);
  await providerFails('google', 'timeout');
  says(\`switched-by-\${workerIndex}\`);
  says('switched');
  await hears('connected');
  await expect(connect(page, 'google')).rejects.toThrow('Not connected');
});

test('the other connects meanwhile', async ({ page, signIn, connect }, { workerIndex }) => {
  await signIn(page);
  await hears('switched');
  expect(existsSync(\`switched-by-\${workerIndex}\`)).toBe(false);
  await connect(page, 'google');
  says('connected');
});
`;

let application: Application;
test.beforeAll(async () => {
  application = await makeApplication();
});
test.afterAll(() => application.remove());

test('the tests of docs/testing.md pass with the packed client, and tests in parallel do not disturb each other', async () => {
  const [install = '', run = ''] = blocks('sh');
  expect(install.split('\n')).toEqual(expect.arrayContaining([installCommands[0]]));
  const [config = '', hub = '', app = ''] = blocks('ts');
  const launch = { launchOptions: { executablePath: findBrowser() } };
  const own = `use: ${JSON.stringify(launch)}, workers: 2,`;
  // The page's limit is for a machine that runs nothing else.
  application.write('playwright.config.ts', config.replace(/timeout: [\d_]+/, `${own}\n  timeout: 300_000`));
  application.write('hub.spec.ts', hub);
  application.write('app.spec.ts', app);
  application.write('parallel.spec.ts', parallel);
  cpSync(new URL('../../examples/express', import.meta.url), application.path(), {
    recursive: true,
    filter: (source) => !source.endsWith('package.json'),
  });
  const typed = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  const files = ['playwright.config.ts', 'hub.spec.ts', 'app.spec.ts', 'parallel.spec.ts'];
  const tsc = new URL('../../node_modules/.bin/tsc', import.meta.url).pathname;
  expect(await application.run(tsc, [...typed, ...files])).toEqual({ status: 0, output: '' });

  const command = run
    .trim()
    .replace('npx playwright', new URL('../../node_modules/.bin/playwright', import.meta.url).pathname);
  const { status, output } = await application.run('sh', [
    '-c',
    `exec env -u TEST_WORKER_INDEX -u TEST_PARALLEL_INDEX ${command}`,
  ]);
  expect(status, output).toBe(0);
  expect(output).toContain('5 passed');
  // The demo that the global setup started has ended with its folder.
  await expect(fetch(readFileSync(application.path('connected'), 'utf8'))).rejects.toThrow();
});
