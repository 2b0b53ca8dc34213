import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '#scripts/postgres-server';

/** One of the processes that stand behind the balancer, whichever runs there just now. */
export interface Hub {
  port: number;
  url: string;
  /** Names the process that runs, or the last that did. */
  name: string;
  up: boolean;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit status when it is gone. */
  end(): Promise<number | null>;
  /** Starts it, again and again where it ends before it listens, as a supervisor does. */
  start(): Promise<void>;
}

export interface HubsMade {
  folder: string;
  /** The hub as one file (`bundleHub`). */
  program: string;
  count: number;
  /** Variables of all of them. */
  environment: Record<string, string>;
  /** The providers' records for a process of that name. */
  records: (process: string) => readonly Record<string, unknown>[];
}

/** Processes, how they ended, and when each was killed. */
export interface Hubs {
  all: Hub[];
  /** When each process was killed, by its name; milliseconds since 1970. */
  killed: Map<string, number>;
  /** Starts that ended before they listened. */
  failedStarts: number;
  /** Processes that ended while nothing had been done to them. */
  endedByThemselves: string[];
  close(): Promise<void>;
}

interface Spare {
  name: string;
  child: ChildProcess;
}

const exitOf = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

/** Makes them, and starts none yet. */
export async function makeHubs({ folder, program, count, environment, records }: HubsMade): Promise<Hubs> {
  let named = 0;
  let closed = false;
  const running = new Map<Hub, ChildProcess>();
  /** A spare process for each, with its code loaded. It waits until it is told to start. */
  const spares = new Map<Hub, Spare>();
  const hubs: Hubs = { all: [], killed: new Map(), failedStarts: 0, endedByThemselves: [], close };

  function load(hub: Hub, slot: string): Spare {
    named += 1;
    const name = `p${named}`;
    const providers = join(slot, `${name}.json`);
    writeFileSync(providers, JSON.stringify(records(name)), { mode: 0o600 });
    const log = openSync(join(folder, 'hubs.log'), 'a', 0o600);
    const child = spawn(process.execPath, ['--import', './scripts/end-with-parent.mjs', program], {
      env: {
        ...process.env,
        ...environment,
        PROVIDERS_FILE: providers,
        DATA_DIR: join(slot, 'data'),
        PORT: String(hub.port),
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
      } as NodeJS.ProcessEnv,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    // One that is gone before it is told to start counts as a failed start then.
    child.on('error', () => {});
    return { name, child };
  }

  async function gone(hub: Hub, signal: NodeJS.Signals): Promise<number | null> {
    const child = running.get(hub);
    hub.up = false;
    running.delete(hub);
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    if (signal === 'SIGKILL') hubs.killed.set(hub.name, Date.now());
    child.kill(signal);
    const [status] = await ended;
    return status as number | null;
  }

  async function start(hub: Hub, slot: string): Promise<void> {
    while (!closed) {
      const { name, child } = spares.get(hub) ?? load(hub, slot);
      spares.delete(hub);
      hub.name = name;
      running.set(hub, child);
      const ended = exitOf(child).then(() => false);
      const listening = once(child, 'message').then(() => true);
      child.send('start', () => {});
      if (await Promise.race([listening, ended])) {
        hub.up = true;
        if (!closed) spares.set(hub, load(hub, slot));
        void ended.then(() => {
          // Processes that were told to end are no longer among the running ones by then.
          if (running.get(hub) === child && !closed) {
            hub.up = false;
            hubs.endedByThemselves.push(name);
            // As a supervisor does; a campaign that waits for all of them would never end.
            void start(hub, slot);
          }
        });
        return;
      }
      listening.catch(() => {});
      hubs.failedStarts += 1;
    }
  }

  async function close(): Promise<void> {
    closed = true;
    for (const { child } of spares.values()) child.kill('SIGKILL');
    await Promise.all(hubs.all.map((hub) => gone(hub, 'SIGKILL')));
  }

  for (let n = 0; n < count; n++) {
    const slot = join(folder, `slot-${n}`);
    mkdirSync(slot, { recursive: true, mode: 0o700 });
    const port = await freePort();
    const hub: Hub = {
      port,
      url: `http://127.0.0.1:${port}`,
      name: '',
      up: false,
      kill: async () => void (await gone(hub, 'SIGKILL')),
      end: () => gone(hub, 'SIGTERM'),
      start: () => start(hub, slot),
    };
    hubs.all.push(hub);
  }
  return hubs;
}
