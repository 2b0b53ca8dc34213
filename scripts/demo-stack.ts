import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { demo } from '#demo/namesakes/demo';
import { demoSecrets } from './demo-secrets.ts';
import { end, start } from './processes.ts';

export interface StackOptions {
  /** Where everything is kept; made with mode 0700 where it is missing. */
  folder: string;
  /** The app's port on loopback. */
  port: number;
  development: boolean;
  /** The demo servers take free ports, so that several demos run on one machine. */
  anyPorts?: boolean;
  /** Names of Odd's rows, joined by commas, or `none`: that server runs, too. */
  odd?: string | undefined;
  /** Standard output is for one line of JSON: what the app writes there while developing goes to standard error. */
  json?: boolean;
  /** More variables for the app, such as DATABASE_URL. */
  environment?: Record<string, string>;
}

/** The app and the demo's authorization servers, each a process of its own. */
export interface Stack {
  url: string;
  app: ChildProcess;
  demo: ChildProcess;
  /** Ends the app, then the demo servers, each with time to finish. */
  stop(): Promise<void>;
  /** The demo servers' own line: where each is. */
  servers: { providers_file: string; resource_url: string; urls: Record<string, string>; control_secret: string };
}

/** The e-mail address that *Continue as administrator* signs in with. */
const administratorEmail = demo.people[0]?.email ?? '';

/** The variables that make a process the demo's app, for the server as for the command line. */
export function appEnvironment({ folder, port, development, environment }: StackOptions): Record<string, string> {
  return {
    NODE_ENV: development ? 'development' : 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    APP_URL: `http://localhost:${port}`,
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: resolve(folder, 'data'),
    PROVIDERS_FILE: resolve(folder, 'providers.json'),
    ADMIN_EMAILS: administratorEmail,
    ...demoSecrets(folder),
    ...environment,
  };
}

const demoArguments = ({ folder, port, odd, anyPorts }: StackOptions): string[] => [
  ...['demo/main.ts', '--app-url', `http://localhost:${port}`, '--data-dir', folder],
  ...(odd === undefined ? [] : ['--odd', odd]),
  ...(anyPorts ? ['--any-ports'] : []),
];

/**
 * Starts the demo servers and then the app, and resolves when the app says that it is ready.
 * @param tell is given a line of progress at a time
 * @throws an Error that says which part did not start, with the end of its log
 */
export async function startStack(options: StackOptions, tell: (line: string) => void): Promise<Stack> {
  const { folder, port } = options;
  const url = `http://localhost:${port}`;
  const environment = { ...process.env, ...appEnvironment(options) };
  const begun: ChildProcess[] = [];
  const stop = async () => {
    // The app lets running requests finish, which can take as long as a provider's slowest answer.
    for (const child of begun.toReversed()) await end(child, 'SIGTERM', 30_000);
  };
  try {
    const servers = start(process.execPath, demoArguments(options), {
      env: environment,
      // In a session of its own, so that Ctrl-C reaches only us and the app ends before its providers.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    begun.push(servers);
    const where = JSON.parse(await firstLine(servers)) as Stack['servers'];
    tell('The demo authorization servers are running.');
    const app = await startApp(
      environment,
      options.development ? undefined : join(folder, 'server.log'),
      options.json ? 2 : 1,
    );
    begun.push(app);
    tell('The app is ready.');
    return { url, app, demo: servers, stop, servers: where };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Starts the app and resolves when `/readyz` says that it is ready.
 * @param environment that of `appEnvironment`, joined to this process's own
 * @param logFile takes what the app writes; without one it goes to this process's output
 * @param output the number of that output: 1, or 2 for standard error
 * @throws an Error with the end of the log when it ends, or is not ready within a minute
 */
export async function startApp(
  environment: NodeJS.ProcessEnv,
  logFile?: string,
  output: 1 | 2 = 1,
): Promise<ChildProcess> {
  const log = logFile === undefined ? null : openSync(logFile, 'a', 0o600);
  const app = start(process.execPath, ['--disable-sigusr1', '--import', './scripts/end-with-parent.mjs', 'server.ts'], {
    env: environment,
    detached: true,
    stdio: ['ignore', log ?? output, log ?? 2, 'ipc'],
  });
  if (log !== null) closeSync(log);
  try {
    await readiness(app, `${environment.APP_URL}/readyz`);
    return app;
  } catch (error) {
    await end(app);
    const log = logFile ? readFileSync(logFile, 'utf8').slice(-2000) : '';
    throw new Error(`${error instanceof Error ? error.message : error}${log && ` The end of its log:\n${log}`}`, {
      cause: error,
    });
  }
}

/** Resolves with the first line the program prints; rejects when it ends before. */
async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The demo servers have no output to read.');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => {
    throw new Error('The demo authorization servers did not start; the reason is above.');
  });
  const [line] = await Promise.race([once(lines, 'line'), ended]);
  ended.catch(() => {});
  return String(line);
}

async function readiness(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('The app did not start.');
    if (await answersOk(url)) return;
    await new Promise((after) => setTimeout(after, 150));
  }
  throw new Error('The app was not ready within a minute.');
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

/** True when nothing else listens on that port of the loopback address. */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
