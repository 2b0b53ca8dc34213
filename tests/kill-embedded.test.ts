import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbedded } from '#lib/db/open';
import { layEmbedded } from '#tests/embedded-template';
import { addConnection, addPerson, createRuntime, hubEnvironment, plainRecord } from '#tests/hub';
import { startTokenServer } from '#tests/servers/token-server';

async function startChild(environment: Record<string, string>): Promise<ChildProcess> {
  const child = fork('tests/embedded-child.ts', { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.send(environment);
  expect(await once(child, 'message')).toEqual(['booted', undefined]);
  return child;
}

test('kill -9 during a refresh on the embedded database: the process that starts next need not wait for the lease', {
  timeout: 120_000,
}, async () => {
  const server = await startTokenServer();
  onTestFinished(() => server.close());
  server.behaviour.grace = true;
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-embedded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const records = [plainRecord(server.issuer)];
  const providers = join(folder, 'providers.json');
  writeFileSync(providers, JSON.stringify(records));
  const dataDir = join(folder, 'data');
  await layEmbedded(dataDir);
  const database = await openEmbedded(dataDir);
  const made = createRuntime(database, records);
  const { id: personId } = await addPerson(made);
  const id = await addConnection(made, { personId, refreshToken: server.grant(), expiresIn: -5, age: 3605 });
  await database.close();
  const environment = { ...hubEnvironment, DATA_DIR: dataDir, PROVIDERS_FILE: providers, LOG_LEVEL: 'silent' };

  const first = await startChild(environment);
  const asked = Promise.withResolvers<void>();
  server.behaviour.beforeAnswer = async () => {
    asked.resolve();
    await once(first, 'exit');
  };
  first.send(id);
  await asked.promise;
  first.kill('SIGKILL');
  await once(first, 'exit');

  server.behaviour.beforeAnswer = async () => {};
  const second = await startChild(environment);
  // A caller who is early is told to come back. The lease itself would outlast this test.
  let outcome: unknown;
  do {
    second.send(id);
    [outcome] = await once(second, 'message');
  } while (outcome === 'refresh_in_progress');
  expect(outcome).toBe('refreshed');
});
