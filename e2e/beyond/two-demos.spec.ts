import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, test } from '@playwright/test';

interface Ready {
  url: string;
  administrator: string;
  urls: Record<string, string>;
  environment_file: string;
}

const begun: ChildProcess[] = [];
test.afterEach(async () => {
  for (const child of begun.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

/** `npm run demo -- --any-ports --json` without npm, which would not pass a signal on. */
async function startDemo(): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, ['scripts/run-demo.ts', '--any-ports', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  begun.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Ready };
}

test('I-12 two demos run on one machine, each on ports and data of its own, and leave nothing behind', async ({
  page,
}) => {
  const [one, two] = await Promise.all([startDemo(), startDemo()]);
  const addresses = [one, two].flatMap(({ ready }) => [ready.url, ...Object.values(ready.urls)]);
  expect(new Set(addresses).size).toBe(14);
  await page.goto(two.ready.url);
  await page.getByRole('button', { name: 'Sign in with Demo' }).click();
  expect(page.url()).toContain(two.ready.urls.demo ?? 'none');
  await page.getByRole('button', { name: 'Continue as administrator' }).click();
  await expect(page).toHaveURL(`${two.ready.url}/admin`);
  for (const { child, ready } of [one, two]) {
    expect(existsSync(ready.environment_file)).toBe(true);
    child.kill('SIGINT');
    const [status] = (await once(child, 'exit')) as [number];
    expect([status, existsSync(ready.environment_file)]).toEqual([0, false]);
  }
});
