import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { capture, start } from '#scripts/processes';
import { python } from '#scripts/python-package';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packages that an application has beside the client, or that its types need. */
const others = [
  ...['@types', 'undici-types', 'csstype', 'typescript', '@octokit', 'google-auth-library', '@googleapis'],
  ...['express', 'next', 'react', 'react-dom', '@playwright'],
];

/** The two commands of docs/sdk.md that install the client. */
export const installCommands = ['npm pack ../grantkeep/sdk', 'npm install ./grantkeep-client-0.1.0.tgz'];

type Environment = Record<string, string>;

/** An application of somebody else, in a folder of its own. */
export interface Application {
  /** The path of a file or folder in it. */
  path(name?: string): string;
  write(name: string, text: string): void;
  /** Runs a program in its folder to the end. */
  run(command: string, args: string[], env?: Environment): Promise<{ status: number; output: string }>;
  /** Starts a program there, which the test ends. */
  start(command: string, args: string[], cwd: string, env: Environment): ReturnType<typeof start>;
  remove(): void;
}

/**
 * Makes the folder of an application with the client as `npm pack` makes it. No command asks a registry: the client needs
 * no other package.
 */
export async function makeApplication(): Promise<Application> {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-sdk-'));
  const path = (name = '') => join(folder, 'app', name);
  const run: Application['run'] = (command, args, env = {}) =>
    capture(command, args, { cwd: path(), env: { ...process.env, npm_config_offline: 'true', ...env } });
  symlinkSync(root, join(folder, 'grantkeep'));
  mkdirSync(path());
  writeFileSync(path('package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  for (const command of installCommands) {
    // Packing writes into the repository: not at the same time as another test.
    const { status, output } = await run('flock', [join(root, 'sdk/tsconfig.json'), 'sh', '-c', command]);
    if (status !== 0) throw new Error(`${command}\n${output}`);
  }
  for (const name of others) symlinkSync(join(root, 'node_modules', name), path(join('node_modules', name)));
  return {
    path,
    run,
    write: (name, text) => writeFileSync(path(name), text),
    start: (command, args, cwd, env) =>
      start(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The programs that run the examples. The Next app is built before. */
export const examples = {
  express: { program: process.execPath, args: () => ['app.js'] },
  flask: { program: python, args: () => ['-B', 'app.py'] },
  next: { program: 'next', args: (port: string) => ['start', '--port', port, '--hostname', '127.0.0.1'] },
} as const;
export type Example = keyof typeof examples;

/** Starts an example in the application's folder, with the variables of examples/README.md. */
export async function startExample(application: Application, name: Example, env: Environment & { PORT: string }) {
  cpSync(join(root, 'examples', name), application.path(name), { recursive: true });
  for (const file of name === 'flask' ? ['grantkeep.py', 'grantkeep_connect.py'] : [])
    cpSync(join(root, 'sdk/python', file), application.path(join(name, file)));
  const variables = { SECRET: 'a secret of the tests, which is long enough', NEXT_TELEMETRY_DISABLED: '1', ...env };
  if (name === 'next') {
    // The other bundler takes no packages from outside of the folder.
    const options = { cwd: application.path(name), env: { ...process.env, NODE_ENV: 'production', ...variables } };
    const { status, output } = await capture('next', ['build', '--webpack'], options as never);
    if (status !== 0) throw new Error(output);
  }
  const { program, args } = examples[name];
  const child = application.start(program, args(env.PORT), application.path(name), variables);
  await reachable(Number(env.PORT), child);
  return child;
}

/** Waits until a program listens. @throws Error with what it wrote where it ended before */
async function reachable(port: number, child: ReturnType<typeof start>): Promise<void> {
  let wrote = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    wrote += text;
  });
  const listens = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  while (!(await listens())) {
    if (child.exitCode !== null) throw new Error(`The program ended: ${wrote}`);
    await sleep(50);
  }
}
