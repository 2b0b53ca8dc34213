import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { readDemo } from './hub.ts';

/**
 * Playwright's global setup: joins the demo that the file `GRANTKEEP_DEMO` describes, or else starts one from the
 * repository `GRANTKEEP_REPOSITORY` and ends it after the tests.
 * @throws an Error where neither is set, and where the demo does not start
 */
export default async function startDemo(): Promise<() => Promise<void>> {
  const { GRANTKEEP_DEMO: file, GRANTKEEP_REPOSITORY: repository } = process.env;
  if (file) {
    readDemo(file);
    return async () => {};
  }
  if (!repository)
    throw new Error('Set GRANTKEEP_REPOSITORY to the folder of Grantkeep, or GRANTKEEP_DEMO to a demo.json.');
  const demo = spawn(process.execPath, [resolve(repository, 'scripts/demo.mjs'), '--any-ports', '--json'], {
    cwd: repository,
    // The demo ends with the channel, however this process ends.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const ended = once(demo, 'exit');
  if (!demo.stdout) throw new Error('The demo has no output to read.');
  const lines = createInterface(demo.stdout);
  const described = await Promise.race([
    once(lines, 'line').then(([line]) => JSON.parse(String(line)) as { demo_file: string }),
    ended.then(() => {
      throw new Error('The demo did not start; the reason is above.');
    }),
  ]);
  process.env.GRANTKEEP_DEMO = described.demo_file;
  return async () => {
    delete process.env.GRANTKEEP_DEMO;
    demo.kill('SIGTERM');
    await ended;
  };
}
