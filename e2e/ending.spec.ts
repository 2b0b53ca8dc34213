import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { authorizeHeadless } from '#demo/consent';
import { CookieJar } from '#demo/cookie-jar';
import { type Demo, startDemo } from '#demo/start';
import { appEnvironment, startApp } from '#scripts/demo-stack';
import { freePort } from '#scripts/postgres-server';
import { end } from '#scripts/processes';

let folder: string;
let demo: Demo;
let url: string;
let environment: NodeJS.ProcessEnv;
let app: ChildProcess;
const log = () => readFileSync(join(folder, 'server.log'), 'utf8');
const start = () => startApp(environment, join(folder, 'server.log'));

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-ending-'));
  chmodSync(folder, 0o700);
  const variables = appEnvironment({ folder, port: await freePort(), development: false });
  url = String(variables.APP_URL);
  environment = { ...process.env, ...variables } as NodeJS.ProcessEnv;
  demo = await startDemo({ appUrl: url, only: ['demo'] });
  writeFileSync(join(folder, 'providers.json'), JSON.stringify(demo.providers));
  app = await start();
});

test.afterAll(async () => {
  await end(app);
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Begins signing in and answers the callback's address, with the cookies of this browser. */
async function beginSignIn(jar: CookieJar): Promise<URL> {
  const started = await fetch(`${url}/oauth/start`, {
    method: 'POST',
    headers: { origin: url },
    body: new URLSearchParams({ intent: 'sign_in', provider: 'demo' }),
    redirect: 'manual',
  });
  jar.keep(started.headers.getSetCookie(), new URL(url));
  return authorizeHeadless(started.headers.get('location') ?? '', {});
}

async function get(
  address: URL,
  jar: CookieJar,
): Promise<{ status: number | undefined; location: string | undefined }> {
  // A connection of its own that stays open after the answer, as a browser's does.
  const asked = request(address, { headers: { cookie: jar.header(address), connection: 'keep-alive' } });
  asked.end();
  const [answer] = await once(asked, 'response');
  jar.keep(answer.headers['set-cookie'] ?? [], address);
  answer.resume();
  return { status: answer.statusCode, location: answer.headers.location };
}

test('asked to end, the app finishes what is running, keeps it, and ends with status 0', async () => {
  const jar = new CookieJar();
  const callback = await beginSignIn(jar);
  demo.server('demo').switches.latency_ms = 1_500;
  const running = get(callback, jar);
  await expect.poll(() => demo.server('demo').counts.token_requests).toBe(1);

  const ended = once(app, 'exit');
  app.kill('SIGTERM');
  await expect.poll(() => log()).toContain('"event":"draining"');
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  expect(await running).toEqual({ status: 303, location: '/connections' });
  expect(await ended).toEqual([0, null]);
  expect(log()).toContain('"event":"stopped"');

  // What was answered is there after the next start.
  app = await start();
  expect((await get(new URL('/connections', url), jar)).status).toBe(200);
});

test('killed without warning, it starts again on its data and everybody is still signed in', async () => {
  demo.server('demo').reset();
  const jar = new CookieJar();
  expect((await get(await beginSignIn(jar), jar)).status).toBe(303);
  await end(app, 'SIGKILL');
  app = await start();
  expect((await get(new URL('/connections', url), jar)).status).toBe(200);
});
