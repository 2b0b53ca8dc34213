import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** Starts Node with these arguments on a free inspector port, and resolves with its next lines one by one. */
function start(...given: string[]) {
  const child = spawn(process.execPath, ['--inspect-port=0', ...given], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const lines = createInterface({ input: child.stdout });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  return { child, next: async () => String((await once(lines, 'line'))[0]), errors: () => errors };
}

const inspectorOpened = /Debugger listening|ws:\/\//;

/** Says its inspector's address when it is asked by SIGHUP: by then a signal that came before was dealt with. */
const answering = `
  import { url } from 'node:inspector';
  process.on('SIGHUP', () => console.log(JSON.stringify({ inspector: url() ?? null })));
  setInterval(() => {}, 1000);`;

const guarded = `
  import { ignoreInspectorSignal, ownOutput } from '#lib/printed';
  ignoreInspectorSignal();
  ${answering}
  console.log('up');`;

describe('A-16 SIGUSR1', () => {
  test.each<[what: string, flags: string[]]>([
    ['as `npm start` starts it', ['--disable-sigusr1']],
    ['started in another way', []],
  ])('opens no inspector in a process %s', async (_, flags) => {
    const { child, next, errors } = start(...flags, '--input-type=module', '-e', guarded);
    expect(await next()).toBe('up');
    for (let n = 0; n < 3; n++) child.kill('SIGUSR1');
    child.kill('SIGHUP');
    let line = await next();
    // Without the flag the log says that it was ignored.
    while (line.includes('signal_ignored')) line = await next();
    expect(JSON.parse(line)).toEqual({ inspector: null });
    expect(errors()).not.toMatch(inspectorOpened);
    expect(child.exitCode).toBeNull();
  });

  test('would open one without either: this test sees what it looks for', async () => {
    const { child, next, errors } = start('--input-type=module', '-e', `${answering}\nconsole.log('up');`);
    expect(await next()).toBe('up');
    child.kill('SIGUSR1');
    await expect.poll(errors).toMatch(inspectorOpened);
  });

  test('is guarded against in every program that holds keys, before it loads anything else', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8')).scripts.start).toContain('--disable-sigusr1');
    for (const program of ['server.ts', 'lib/cli/main.ts'])
      expect(readFileSync(program, 'utf8'), program).toContain('ignoreInspectorSignal();');
    for (const script of ['scripts/demo-stack.ts'])
      expect(readFileSync(script, 'utf8'), script).toContain('--disable-sigusr1');
  });
});
