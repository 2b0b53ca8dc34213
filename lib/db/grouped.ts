import { type Database, isDatabaseUnavailable } from '#lib/db/database';
import { once } from '#lib/process-parts';

/** Runs one statement for what many want at the same time. */
export interface Grouped<In, Out> {
  /** Resolves to the part's own result once its statement is committed; rejects with what the database said. */
  add(part: In): Promise<Out>;
  /** Runs what waits without gathering more, and resolves when nothing waits or is being run. */
  idle(): Promise<void>;
}

export interface GroupOptions {
  /**
   * Parts of one statement: enough that each costs next to nothing, few enough that no part waits long for the others.
   */
  most?: number;
  /**
   * Milliseconds for which parts without a waiting caller gather before each statement; 0: one turn of the event loop.
   */
  gatherMs?: number;
  /**
   * Where a statement fails although the database is there, each part of it is tried alone, in order, so that no part
   * fails for another's fault. Else all of its parts fail together.
   */
  triedAlone?: boolean;
}

interface Waiting<In, Out> {
  part: In;
  done: (result: Out) => void;
  failed: (error: unknown) => void;
}

/**
 * Gathers parts into shared statements: while one statement is under way, new parts wait and go together in the next,
 * in the order in which they came. Without load a part waits only for its turn of the event loop. Under load each
 * statement carries all parts that came during the one before.
 * @param run commits all of its parts or none, and answers one result for each, in order
 */
export function createGrouped<In, Out>(run: (parts: In[]) => Promise<Out[]>, options?: GroupOptions): Grouped<In, Out>;
/** @param run commits all of its parts or none */
export function createGrouped<In>(run: (parts: In[]) => Promise<void>, options?: GroupOptions): Grouped<In, void>;
export function createGrouped<In, Out>(
  run: (parts: In[]) => Promise<unknown>,
  { most = 64, gatherMs = 0, triedAlone = true }: GroupOptions = {},
): Grouped<In, Out> {
  let waiting: Waiting<In, Out>[] = [];
  let running: Promise<void> | null = null;
  let urgent = 0;
  let hurry = () => {};

  /** One turn of the event loop at least: parts that arrive with the results of the last statement go into the next. */
  function gather(): Promise<void> {
    return new Promise((resolve) => {
      if (gatherMs === 0 || urgent > 0) return setImmediate(resolve);
      const pause = setTimeout(resolve, gatherMs);
      hurry = () => {
        clearTimeout(pause);
        resolve();
      };
    });
  }

  async function runGroup(group: Waiting<In, Out>[]): Promise<void> {
    try {
      const results = (await run(group.map(({ part }) => part))) as Out[] | undefined;
      for (const [at, { done }] of group.entries()) done(results?.[at] as Out);
    } catch (error) {
      if (triedAlone && group.length > 1 && !isDatabaseUnavailable(error)) {
        for (const one of group) await runGroup([one]);
      } else {
        for (const { failed } of group) failed(error);
      }
    }
  }

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      await gather();
      const group = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await runGroup(group);
    }
    running = null;
  }

  return {
    add(part) {
      return new Promise((done, failed) => {
        waiting.push({ part, done, failed });
        running ??= runAll();
      });
    },
    async idle() {
      urgent += 1;
      hurry();
      while (running) await running;
      urgent -= 1;
    },
  };
}

/** The value of `make`, once for each opened database of the process. */
export function oncePerDatabase<T>(name: string, make: (database: Database) => T): (database: Database) => T {
  return (database) => {
    const made = once(name, () => new WeakMap<Database, T>());
    const known = made.get(database);
    if (known !== undefined) return known;
    const one = make(database);
    made.set(database, one);
    return one;
  };
}
