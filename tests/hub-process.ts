import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Making } from '#tests/child-runtime';
import type { Order, Vended } from '#tests/vending-child';

type Ordered = Order extends infer O ? (O extends unknown ? Omit<O, 'number'> : never) : never;

/** A real process of the hub on a database that others use too. */
export interface HubProcess {
  /** How many callers' vends at once ended, each with a token or a code. */
  vend(key: string, id: string, callers: number): Promise<Vended[]>;
  refreshDue(): Promise<{ refreshed: number; failed: number }>;
  /** What its clock says, in milliseconds since 1970. */
  clock(): Promise<number>;
  /** Lets it stand still before it asks the provider the next time, until `ask`; resolves when it has come there. */
  standBeforeAsking(): Promise<void>;
  ask(): void;
  /** Stops it as SIGSTOP does, and lets it go on. */
  stop(): void;
  goOn(): void;
  /** Asks it to end itself, as a restart does, and resolves when it is gone. */
  end(): Promise<void>;
  /** Ends it at once, as `kill -9` does, and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts one, with a clock that is wrong by so many seconds. */
export async function startProcess(making: Making, skewSeconds = 0): Promise<HubProcess> {
  const child: ChildProcess = fork('tests/vending-child.ts', {
    execArgv: ['--import', '#tests/skewed-clock'],
    env: { ...process.env, CLOCK_SKEW_SECONDS: String(skewSeconds) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const waiting = new Map<number, (result: unknown) => void>();
  child.on('message', ({ number, result }: { number: number; result: unknown }) => {
    waiting.get(number)?.(result);
    waiting.delete(number);
  });
  let orders = 0;
  const told = (message: object, number: number) =>
    Promise.race([
      new Promise<unknown>((resolve) => {
        waiting.set(number, resolve);
        child.send(message);
      }),
      ended.then(() => Promise.reject(new Error('the process ended'))),
    ]);
  const order = (what: Ordered) => {
    orders += 1;
    return told({ ...what, number: orders }, orders);
  };
  await told(making, 0);
  return {
    vend: (key, id, callers) => order({ do: 'vend', key, id, callers }) as Promise<Vended[]>,
    refreshDue: () => order({ do: 'refresh what is due' }) as Promise<{ refreshed: number; failed: number }>,
    clock: () => order({ do: 'say the time' }) as Promise<number>,
    standBeforeAsking: async () => {
      await order({ do: 'stand before asking' });
    },
    ask: () => void child.send({ number: -1, do: 'ask' }),
    stop: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    end: async () => {
      child.kill('SIGTERM');
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
