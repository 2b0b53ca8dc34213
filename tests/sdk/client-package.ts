import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { capture, start } from '#scripts/processes';
import type * as Client from '../../sdk/src/index.ts';
import type * as Webhooks from '../../sdk/src/webhooks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packages that an application has beside the client, or that its types need. */
const others = ['@types', 'undici-types', '@octokit', 'google-auth-library', '@googleapis', 'express'];

/** The two commands of docs/sdk.md that install the client. */
export const installCommands = ['npm pack ../grantkeep/sdk', 'npm install ./grantkeep-client-0.1.0.tgz'];

/**
 * An application of somebody else, in a folder of its own, with the client as `npm pack` makes it. No command asks a
 * registry: the client needs no other package.
 */
export function applicationInTest() {
  let folder: string | undefined;
  const within = () => {
    if (folder === undefined) throw new Error('The application exists within tests and hooks only.');
    return join(folder, 'app');
  };
  const runIn = (command: string, args: string[], env: Record<string, string> = {}) =>
    capture(command, args, { cwd: within(), env: { ...process.env, npm_config_offline: 'true', ...env } });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'grantkeep-sdk-'));
    symlinkSync(root, join(folder, 'grantkeep'));
    mkdirSync(within());
    writeFileSync(join(within(), 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
    for (const command of installCommands) {
      const { status, output } = await runIn('sh', ['-c', command]);
      if (status !== 0) throw new Error(`${command}\n${output}`);
    }
    for (const name of others) symlinkSync(join(root, 'node_modules', name), join(within(), 'node_modules', name));
  });
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const module = (name: string) =>
    import(/* @vite-ignore */ pathToFileURL(join(within(), 'node_modules/@grantkeep/client/dist', name)).href);
  return {
    /** Runs a program in the application's folder. */
    run: runIn,
    /** Starts a program there, which the test ends. */
    start: (command: string, args: string[], cwd: string, env: Record<string, string>) =>
      start(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    /** The path of a file or folder in the application. */
    path: (name = '') => join(within(), name),
    write: (name: string, text: string) => writeFileSync(join(within(), name), text),
    client: (): Promise<typeof Client> => module('index.js'),
    webhooks: (): Promise<typeof Webhooks> => module('webhooks.js'),
  };
}
