import { type Database, isDatabaseUnavailable } from '#lib/db/database';
import { once } from '#lib/registry';

interface Waiting<In, Out> {
  asked: In;
  done: (answer: Out) => void;
  failed: (error: unknown) => void;
}

/** Rows of one statement: enough that it costs little a row, few enough that nobody waits long for the others. */
const mostInGroup = 64;

/**
 * Runs one statement for what many want at the same time: while one is under way, what is asked gathers and goes together
 * in the next. Where a statement fails although the database is there, each part of it is tried alone, so that nobody's
 * fault is another's.
 * @param run answers one result for each part, in order; all or nothing of it is committed when it resolves
 */
export function createGrouped<In, Out>(run: (group: In[]) => Promise<Out[]>): (asked: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = [];
  let running = false;

  async function runGroup(group: Waiting<In, Out>[]): Promise<void> {
    try {
      const answers = await run(group.map(({ asked }) => asked));
      for (const [at, { done }] of group.entries()) done(answers[at] as Out);
    } catch (error) {
      if (group.length > 1 && !isDatabaseUnavailable(error)) {
        for (const one of group) await runGroup([one]);
      } else {
        for (const { failed } of group) failed(error);
      }
    }
  }

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, mostInGroup);
      waiting = waiting.slice(mostInGroup);
      await runGroup(group);
    }
    running = false;
  }

  return (asked) =>
    new Promise((done, failed) => {
      waiting.push({ asked, done, failed });
      if (running) return;
      running = true;
      // Begun in a microtask, so that what is asked in the same turn goes together.
      queueMicrotask(runAll);
    });
}

/** What `make` makes, once for each opened database of the process. */
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
