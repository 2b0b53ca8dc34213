import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type Runtime, systemContext } from '#lib/context';
import { record } from '#lib/ledger/record';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addApplication, addPerson, addPersonOf, createRuntime, plainRecord } from '#tests/hub';
import { httpHub } from '#tests/sdk/http-hub';
import { webhookReceiver } from '#tests/webhook-hub';
import { verifyWebhook } from '../../sdk/src/webhooks.ts';

// Each run of the command line is a process of its own.
vi.setConfig({ testTimeout: 90_000 });

const database = sharedDatabase();
let runtime: Runtime;
let folder: string;

beforeEach(() => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-listen-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

interface Line {
  secret?: string;
  from?: string;
  to?: string;
  id?: string;
  type?: string;
  connection?: string;
  status?: number | null;
  code?: string;
}

/** Runs `listen` as its user would, and reads what it prints. */
function listen(args: readonly string[], env: Record<string, string> = {}) {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(process.execPath, ['lib/cli/main.ts', 'listen', ...args], {
    env: { NODE_ENV: 'test', PATH, NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  // `close`, not `exit`: by then everything that it printed has been read.
  const ended = new Promise<number | null>((resolve) => child.once('close', (status) => resolve(status)));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  return {
    ended,
    out: () => out,
    told: () => err,
    lines,
    events: () => lines().filter(({ type }) => type !== undefined),
    begun: async () => {
      await expect.poll(() => lines().length + Number(err !== '')).toBeGreaterThan(0);
      expect(err).toBe('');
      return lines()[0] as Required<Line>;
    },
    end: async () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** A hub on a port with an application of its own, its user and its key. */
async function given() {
  const hub = await httpHub(() => runtime);
  onTestFinished(hub.down);
  const applicationId = await addApplication(runtime, { name: 'Planner' });
  const personId = await addPersonOf(runtime, applicationId, { user: '42', tenant: 'acme', label: 'Ada' });
  const { key } = await addApiKey(runtime, { scopes: ['connections:read'], applicationId });
  const env = { HUB_URL: hub.url, GRANTKEEP_KEY: key };
  const happened = (action: Parameters<typeof record>[2]['action'], connectionId: string, of = personId) =>
    record(database.db, systemContext(runtime, 'test'), { action, connectionId, personId: of, provider: 'acme' });
  return { hub, env, key, personId, applicationId, happened };
}

const wait = { timeout: 60_000 };

test('an event reaches a receiver on this machine, signed so that the client verifies it; events of others do not', async () => {
  const { env, key, personId, applicationId, happened } = await given();
  const receiver = await webhookReceiver();
  const other = await addPersonOf(runtime, await addApplication(runtime, { name: 'Other' }), { user: '42' });
  const { id: ofHub } = await addPerson(runtime, { email: 'bob@example.com' });
  const run = listen(['--to', receiver.url], env);
  const { secret, to } = await run.begun();
  expect(to).toBe(receiver.url);
  await happened('connection.created', 'con_other', other);
  await happened('connection.created', 'con_hub', ofHub);
  await happened('connection.created', 'con_own');
  await happened('connection.revoked', 'con_own');
  await expect.poll(run.events, wait).toHaveLength(2);
  expect(run.events()).toEqual([
    { id: expect.stringMatching(/^msg_/), type: 'connection.created', connection: 'con_own', status: 204 },
    { id: expect.stringMatching(/^msg_/), type: 'connection.revoked', connection: 'con_own', status: 204 },
  ]);
  const [first] = receiver.got;
  expect(verifyWebhook(first?.body ?? '', first?.headers ?? {}, { secret })).toMatchObject({
    id: run.events()[0]?.id,
    type: 'connection.created',
    data: {
      connection_id: 'con_own',
      person: { id: personId, application: applicationId, tenant: 'acme', user: '42', label: 'Ada' },
    },
  });
  // Each is forwarded once, however often the hub tells of it.
  await happened('connection.reconnected', 'con_own');
  await expect.poll(run.events, wait).toHaveLength(3);
  expect(receiver.got).toHaveLength(3);
  expect(await run.end()).toBe(0);
  expect(run.told()).toBe('');
  // The secret stands in the first line, and nothing else of it is secret.
  expect(run.out() + run.told()).not.toContain(key);
  expect(run.out().split('\n').slice(1).join('\n')).not.toMatch(/whsec_|Ada/);
});

test('the types that are asked for are forwarded alone', async () => {
  const { env, happened } = await given();
  const receiver = await webhookReceiver();
  const run = listen(['--to', receiver.url, '--type', 'connection.revoked'], env);
  await run.begun();
  await happened('connection.created', 'con_own');
  await happened('connection.revoked', 'con_own');
  await expect.poll(run.events, wait).toHaveLength(1);
  expect(receiver.got.map(({ body }) => (JSON.parse(body) as Line).type)).toEqual(['connection.revoked']);
});

test('a receiver that fails is said and left; one that is not there is waited for', async () => {
  const { env, happened } = await given();
  const receiver = await webhookReceiver();
  const run = listen(['--to', receiver.url], env);
  await run.begun();
  receiver.answer.status = 500;
  await happened('connection.created', 'con_a');
  await expect.poll(run.events, wait).toMatchObject([{ connection: 'con_a', status: 500 }]);
  receiver.answer.status = 302;
  receiver.answer.headers = { location: 'http://192.0.2.1/' };
  await happened('connection.created', 'con_b');
  await expect.poll(run.events, wait).toMatchObject([{}, { connection: 'con_b', status: 302 }]);
  await receiver.down();
  await happened('connection.created', 'con_c');
  await happened('connection.created', 'con_d');
  await expect.poll(run.told, wait).toContain('nothing listens at');
  expect(run.events()).toHaveLength(2);
  receiver.answer.status = 204;
  await receiver.up();
  await expect
    .poll(run.events, wait)
    .toMatchObject([
      { status: 500 },
      { status: 302 },
      { connection: 'con_c', status: 204 },
      { connection: 'con_d', status: 204 },
    ]);
});

test('a hub that restarts is waited for, and nothing is lost meanwhile', async () => {
  const { hub, env, happened } = await given();
  const receiver = await webhookReceiver();
  const run = listen(['--to', receiver.url], env);
  await run.begun();
  await hub.down();
  await expect.poll(run.told, wait).toContain('does not answer');
  await happened('connection.created', 'con_a');
  await hub.up();
  await expect.poll(run.events, wait).toMatchObject([{ connection: 'con_a', status: 204 }]);
});

test('with a state the next run goes on where the one before ended, with the same secret', async () => {
  const { env, happened } = await given();
  const receiver = await webhookReceiver();
  const state = join(folder, 'listen.json');
  const first = listen(['--to', receiver.url, '--state', state], env);
  const { secret } = await first.begun();
  await happened('connection.created', 'con_a');
  await expect.poll(first.events, wait).toHaveLength(1);
  await first.end();
  expect(statSync(state).mode & 0o777).toBe(0o600);
  expect(readFileSync(state, 'utf8')).not.toContain(env.GRANTKEEP_KEY);
  await happened('connection.revoked', 'con_a');
  const second = listen(['--to', receiver.url, '--state', state], env);
  expect(await second.begun()).toMatchObject({ secret, from: state });
  await expect.poll(second.events, wait).toMatchObject([{ type: 'connection.revoked', connection: 'con_a' }]);
  await second.end();
  // Another hub's events are others.
  const other = listen(['--to', receiver.url, '--state', state, '--hub', 'https://other.example'], env);
  expect(await other.ended).toBe(2);
  expect(other.told()).toContain('is of the hub');
  writeFileSync(state, '{}');
  expect(await listen(['--to', receiver.url, '--state', state], env).ended).toBe(2);
});

test('without a key, and for a hub to which the key would travel unencrypted, nothing is asked', async () => {
  const to = ['--to', 'http://127.0.0.1:9/'];
  for (const run of [
    listen(to, { HUB_URL: 'http://127.0.0.1:9' }),
    listen(to, { HUB_URL: 'http://hub.example.com', GRANTKEEP_KEY: 'gk_x' }),
    listen(to, { GRANTKEEP_KEY: 'gk_x' }),
  ])
    expect([await run.ended, run.out()]).toEqual([2, '']);
});

test('a key that the hub refuses ends it with the hub’s sentence', async () => {
  const { env } = await given();
  const { key } = await addApiKey(runtime, { scopes: ['tokens:vend'] });
  for (const [shown, sentence] of [
    [key, 'connections:read'],
    ['gk_wrong', 'missing, wrong, expired or revoked'],
  ] as const) {
    const run = listen(['--to', 'http://127.0.0.1:9/'], { ...env, GRANTKEEP_KEY: shown });
    expect([await run.ended, run.out()]).toEqual([1, '']);
    expect(run.told()).toContain(sentence);
    expect(run.told()).not.toContain(shown);
  }
});

test('a hub that answers too many requests is asked again when it says', async () => {
  const asked: number[] = [];
  const server = createServer((_, response) => {
    asked.push(Date.now());
    if (asked.length === 1) response.writeHead(429, { 'retry-after': '1', 'content-type': 'application/problem+json' });
    else response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(asked.length === 1 ? { detail: 'Too many.' } : { events: [], next: 'x', has_more: false }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const HUB_URL = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const run = listen(['--to', 'http://127.0.0.1:9/'], { HUB_URL, GRANTKEEP_KEY: 'gk_x' });
  await expect.poll(run.lines, wait).toHaveLength(1);
  expect(run.told()).toContain('Too many.');
});
