import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appUrl, connect, get, refresh } from '#demo/raw-client';
import type { ProviderRecordInput } from '#demo/records';
import { startDemo } from '#demo/start';

let folder = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'demo-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Ready {
  ready: boolean;
  providers_file: string;
  resource_url: string;
  urls: Record<string, string>;
}

async function run(stdio: ('pipe' | 'ignore' | 'ipc')[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const args = ['demo/main.ts', '--any-ports', '--data-dir', folder, '--app-url', appUrl];
  const child = spawn(process.execPath, args, { stdio, cwd: join(import.meta.dirname, '..') });
  children.push(child);
  if (!child.stdout) throw new Error('no standard output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Ready };
}

test('prints one line when ready, with a providers file that only its owner reads', async () => {
  const { child, ready } = await run(['ignore', 'pipe', 'pipe']);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      said += text.toString();
    });
  }
  expect(ready).toMatchObject({ ready: true, providers_file: join(folder, 'providers.json') });
  const providers = JSON.parse(readFileSync(ready.providers_file, 'utf8')) as ProviderRecordInput[];
  expect(providers.map(({ id }) => id)).toEqual(['demo', 'google', 'github', 'salesforce', 'okta', 'auth0']);
  const okta = providers.find(({ id }) => id === 'okta') as ProviderRecordInput;
  const { json } = await connect(okta);
  expect((await get(`${ready.resource_url}/me`, json.access_token)).json.provider).toBe('okta');
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(said).toBe('');
  for (const name of ['providers.json', 'demo-state.json']) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
});

test.each([
  ['its input', ['pipe', 'pipe', 'pipe'] as const, (child: ChildProcess) => child.stdin?.end()],
  ['its channel', ['ignore', 'pipe', 'pipe', 'ipc'] as const, (child: ChildProcess) => child.disconnect()],
])('ends cleanly when the parent closes %s', async (_what, stdio, close) => {
  const { child } = await run([...stdio]);
  const ended = once(child, 'exit');
  close(child);
  expect(await ended).toEqual([0, null]);
});

test('a second run still knows clients, keys, grants and refresh tokens of the first', async () => {
  const first = await startDemo({ appUrl, only: ['okta'], dataDir: folder });
  const record = first.providers[0] as ProviderRecordInput;
  const { json } = await connect(record);
  const jwks = await (await fetch(String(record.jwks_uri))).json();
  const port = Number(new URL(first.server('okta').url).port);
  await first.close();
  const second = await startDemo({ appUrl, only: ['okta'], dataDir: folder, ports: { okta: port } });
  try {
    expect(second.providers[0]).toEqual(record);
    // The client's pool still has to notice that the first run closed its connections.
    const reachable = () => fetch(String(record.jwks_uri)).then(({ status }) => status, String);
    await expect.poll(reachable).toBe(200);
    expect(await (await fetch(String(record.jwks_uri))).json()).toEqual(jwks);
    expect((await get(`${second.resourceUrl}/me`, json.access_token)).status).toBe(200);
    expect((await refresh(record, json.refresh_token)).status).toBe(200);
  } finally {
    await second.close();
  }
});

test('the state file holds no token', async () => {
  const demo = await startDemo({ appUrl, only: ['github'], dataDir: folder });
  const { json } = await connect(demo.providers[0] as ProviderRecordInput);
  await demo.close();
  const state = readFileSync(join(folder, 'demo-state.json'), 'utf8');
  expect(state).not.toContain(String(json.access_token));
  expect(state).not.toContain(String(json.refresh_token));
});

test('a foreign Host header is refused by every server, also by the resource API', async () => {
  const demo = await startDemo({ appUrl });
  try {
    const urls = [...demo.providers.map(({ token_endpoint }) => token_endpoint), `${demo.resourceUrl}/me`];
    for (const url of urls) {
      expect(await statusFor(url, 'evil.example')).toBe(421);
      expect(await statusFor(url, `evil.example:${new URL(url).port}`)).toBe(421);
      expect(await statusFor(url, `127.0.0.1:${new URL(url).port}`)).not.toBe(421);
    }
  } finally {
    await demo.close();
  }
});

async function statusFor(url: string, host: string): Promise<number | undefined> {
  const sent = request(url, { headers: { host } }).end();
  const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume: () => void }];
  response.resume();
  return response.statusCode;
}
