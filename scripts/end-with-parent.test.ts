import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

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
