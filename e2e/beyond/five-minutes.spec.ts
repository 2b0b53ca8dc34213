import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, test } from '@playwright/test';
import { freePort } from '#scripts/postgres-server';
import { type Application, makeApplication } from '#tests/sdk/application-folder';
import { startWebhookReceiver } from '../webhook-receiver.ts';

interface Ready {
  url: string;
  urls: Record<string, string>;
  environment_file: string;
}

const page = readFileSync(new URL('../../docs/connect-sessions.md', import.meta.url), 'utf8');
const repository = new URL('../..', import.meta.url).pathname;

/** The commands of the section, as a newcomer copies them. */
const commands = /^## Five minutes in your own app\n[\s\S]*?^```sh\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '';

const begun: ChildProcess[] = [];
let application: Application;
test.beforeAll(async () => {
  application = await makeApplication();
});
test.afterAll(() => application.remove());
test.afterEach(async () => {
  for (const child of begun.splice(0).reverse()) {
    if (child.exitCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  }
});

/** Starts a program that runs until the test ends. */
function start(command: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  begun.push(child);
  return child;
}

/** The document's commands with the addresses of this test, and what was packed and installed before. */
function commandsFor({ url, urls, environment_file }: Ready, port: string): string {
  const replaced: [string, string][] = [
    ['http://localhost:3000', url],
    ['http://localhost:4402', urls.github ?? ''],
    ['localhost:5050', `localhost:${port}`],
    ['PORT=5050', `PORT=${port}`],
    [
      '(cd sdk && npm pack --pack-destination ../examples)\n',
      `printf %s "$GRANTKEEP_KEY" > ${application.path('key')}\n`,
    ],
    ['cd examples/express && npm install && npm start', `cd ${application.path()} && exec node app.js`],
  ];
  let text = `set -a; . ${environment_file}; set +a\n${commands}`;
  for (const [from, to] of replaced) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  }
  return text;
}

test('I-01 I-14 the commands of “Five minutes in your own app” connect a user, and listen tells a local receiver of it', async ({
  page: browser,
}) => {
  const demo = start(process.execPath, ['scripts/run-demo.ts', '--any-ports', '--json']);
  const [line] = (await once(createInterface(demo.stdout as NodeJS.ReadableStream), 'line')) as [string];
  const ready = JSON.parse(line) as Ready;
  cpSync(new URL('../../examples/express', import.meta.url), application.path(), {
    recursive: true,
    filter: (source) => !source.endsWith('package.json'),
  });
  const port = String(await freePort());
  start('bash', ['-c', commandsFor(ready, port)]);
  const app = `http://localhost:${port}`;
  const answers = () =>
    fetch(app).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(answers, { timeout: 60_000 }).toBe(true);
  expect(existsSync(application.path('key'))).toBe(true);

  const receiver = await startWebhookReceiver();
  const listening = start(process.execPath, ['lib/cli/main.ts', 'listen', '--to', receiver.url], {
    HUB_URL: ready.url,
    GRANTKEEP_KEY: readFileSync(application.path('key'), 'utf8'),
  });
  const told: Record<string, unknown>[] = [];
  createInterface(listening.stdout as NodeJS.ReadableStream).on('line', (text) => told.push(JSON.parse(text)));
  await expect.poll(() => told).toHaveLength(1);

  await browser.goto(app);
  await browser.getByLabel('Name').fill('Ada');
  await browser.getByRole('button', { name: 'Sign in' }).click();
  await browser.getByRole('button', { name: 'Connect GitHub' }).click();
  await browser.getByRole('button', { name: 'Connect GitHub' }).click();
  await browser.getByLabel('Another account').fill('Ada Lovelace');
  await browser.getByRole('button', { name: 'Use this account' }).click();
  await browser.getByRole('button', { name: 'Allow' }).click();
  await expect(browser.getByText(/^GitHub: .+, connected$/)).toBeVisible();
  await browser.getByRole('link', { name: 'Who am I at GitHub?' }).click();
  await expect(browser.getByText(/^At GitHub you are .+\.$/)).toBeVisible();

  await expect.poll(() => told.at(-1)).toMatchObject({ type: 'connection.created', status: 204 });
  expect(receiver.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: 'connection.created', data: { provider: 'github', person: { label: 'Ada' } } },
  ]);
  await receiver.close();
});

test('the example needs 25 lines for connecting, and no more', () => {
  const source = readFileSync(new URL('../../examples/express/app.js', import.meta.url), 'utf8');
  const imports = source.match(/^import .*@grantkeep.*\n/gm) ?? [];
  const [begins = ''] = /^const hub = createClient[\s\S]*?^\}\);\n/m.exec(source) ?? [];
  const routes = ['/connect', '/connected', '/me'].map(
    (path) => new RegExp(`app\\.\\w+\\('${path}',[\\s\\S]*?^\\}\\);\\n`, 'm').exec(source)?.[0] ?? 'none\n'.repeat(99),
  );
  const lines = [...imports, begins, ...routes].join('').trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.length).toBeLessThanOrEqual(25);
});
