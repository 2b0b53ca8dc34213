import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Demo, startDemo } from '#demo/start';
import { appEnvironment, startApp } from '#scripts/demo-stack';
import { freePort } from '#scripts/postgres-server';
import { capture, end } from '#scripts/processes';
import { layEmbedded } from '#tests/embedded-template';

/** A production server of its own with its demo authorization servers, on free ports. */
export interface RunningApp {
  /** The app's origin. */
  url: string;
  demo: Demo;
  dataDir: string;
  /** The variables of the app's process. A change takes effect at the next start. */
  environment: Record<string, string>;
  /** Everything the app has written so far. */
  log(): string;
  /** Runs `grantkeep` with these arguments on the same data; answers its standard output. Throws when it fails. */
  grantkeep(...args: string[]): Promise<string>;
  /** Ends the app with a signal and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the app again after `end`. */
  start(): Promise<void>;
  /** Ends everything and removes its files. */
  close(): Promise<void>;
}

/**
 * Starts the app on a data folder of its own.
 * @param more variables for the app; DATABASE_URL makes it use PostgreSQL
 */
export async function runApp(more: Record<string, string> = {}): Promise<RunningApp> {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-e2e-'));
  chmodSync(folder, 0o700);
  const port = await freePort();
  const environment = appEnvironment({ folder, port, development: false, environment: more });
  // `ending.spec.ts` starts without one.
  if (!more.DATABASE_URL) await layEmbedded(String(environment.DATA_DIR));
  const demo = await startDemo({ appUrl: String(environment.APP_URL) });
  writeFileSync(join(folder, 'providers.json'), JSON.stringify(demo.providers), { mode: 0o600 });
  const logFile = join(folder, 'server.log');
  const processEnvironment = () => ({ ...process.env, ...environment }) as NodeJS.ProcessEnv;
  let child: ChildProcess | undefined;
  const app: RunningApp = {
    url: String(environment.APP_URL),
    demo,
    dataDir: String(environment.DATA_DIR),
    environment,
    log: () => readFileSync(logFile, 'utf8'),
    grantkeep: async (...args) => {
      const { status, output } = await capture(process.execPath, ['lib/cli/main.ts', ...args], {
        env: processEnvironment(),
      });
      if (status !== 0) throw new Error(`grantkeep ${args.join(' ')} ended with status ${status}: ${output}`);
      return output;
    },
    end: async (signal) => {
      if (child) await end(child, signal);
    },
    start: async () => {
      child = await startApp(processEnvironment(), logFile);
    },
    close: async () => {
      await app.end();
      await demo.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await app.start();
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
