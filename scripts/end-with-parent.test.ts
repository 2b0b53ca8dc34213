import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const server = `
  setInterval(() => {}, 1000);
  process.once('SIGTERM', () => process.stdout.write('ended', () => process.exit()));
  process.stdout.write('started ');
`;
const starter = `
  const args = ['--import', './scripts/end-with-parent.mjs', '-e', ${JSON.stringify(server)}];
  const options = { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] };
  require('node:child_process').spawn(process.execPath, args, options);
`;

test('a server ends when the process that started it is killed', async () => {
  const parent = spawn(process.execPath, ['-e', starter], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output === 'started ') parent.kill('SIGKILL');
  });
  // The pipe closes only when the server, which holds its other end, is gone too.
  await once(parent, 'close');
  expect(output).toBe('started ended');
});

const forking = `
  import { fork } from 'node:child_process';
  const worker = fork(new URL('worker.mjs', import.meta.url));
  worker.on('message', (word) => (word === 'ready' ? worker.send('work') : process.stdout.write(word)));
  worker.once('exit', () => process.exit());
`;
const worker = `
  process.once('message', (word) => process.send(word + ' done', () => process.disconnect()));
  process.send('ready');
`;

test('a worker that such a server forks, as `next dev` does, waits for its work', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-worker-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'server.mjs'), forking);
  writeFileSync(join(folder, 'worker.mjs'), worker);
  const args = ['--import', './scripts/end-with-parent.mjs', join(folder, 'server.mjs')];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let output = '';
  server.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(server, 'close');
  expect(output).toBe('work done');
});
