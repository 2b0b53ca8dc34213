import { expect } from 'vitest';
import type { Context } from '#lib/context';
import type { Database, Db } from '#lib/db/database';

/**
 * What a process does outside itself, in the words of these tests: `look` is the one read that decides about a vend,
 * `read`, `write` and `transaction` are all other work in the database, `ask` is a request to the provider, `answer` the
 * moment at which its answer is here, `seal` the sealing of a token that is about to be stored.
 */
export type Step = 'look' | 'read' | 'write' | 'transaction' | 'ask' | 'answer' | 'seal';

/** Awaited before each step. What never resolves stops the process there, as its death would. */
export type BeforeStep = (step: Step) => Promise<void>;

const kinds: Record<string, Step> = {
  select: 'read',
  execute: 'write',
  insert: 'write',
  update: 'write',
  delete: 'write',
};

/** A query builder that waits before it is sent. */
function waiting<T extends object>(builder: T, step: Step, before: BeforeStep): T {
  return new Proxy(builder, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'then') {
        return (...then: Parameters<Promise<unknown>['then']>) =>
          before(step)
            .then(() => target)
            .then(...then);
      }
      return (...given: unknown[]) => {
        const next: unknown = value.apply(target, given);
        return typeof next === 'object' && next !== null ? waiting(next, step, before) : next;
      };
    },
  });
}

/** The same database, for a process that is watched: everything but the inside of its transactions is a step. */
export function steppedDatabase(database: Database, before: BeforeStep): Database {
  const db = new Proxy(database.db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'transaction') {
        return async (...given: unknown[]) => {
          await before('transaction');
          return value.apply(target, given);
        };
      }
      const step = kinds[String(name)];
      return (...given: unknown[]) => {
        const made = value.apply(target, given);
        return step ? waiting(made, step, before) : made;
      };
    },
  }) as Db;
  const { hot } = database;
  return {
    ...database,
    db,
    hot: {
      read: (text, parameters) => before('look').then(() => hot.read(text, parameters)),
      write: (text, parameters) => before('write').then(() => hot.write(text, parameters)),
    },
  };
}

/** Makes steps of a process's calls and of its sealing too. Its database is `steppedDatabase` already. */
export function stepped<T extends Context>(ctx: T, before: BeforeStep): T {
  const { fetch, vault } = ctx;
  return {
    ...ctx,
    fetch: async (input, init) => {
      await before('ask');
      const answer = await fetch(input, init);
      await before('answer');
      return answer;
    },
    vault: {
      ...vault,
      seal: async (text, place) => {
        await before('seal');
        return vault.seal(text, place);
      },
    },
  };
}

/** What came of a work in the middle of which something else happened. */
export interface Cut {
  /** Every step of the work, in order. */
  steps: Step[];
  /** The steps that came once the other had happened. */
  after: Step[];
  /** It died: no step of it ends any more. */
  dead: boolean;
}

/** Lets something happen before the `at`-th step, counted from 1. */
export function cutBefore(at: number, meanwhile: () => Promise<unknown>): { cut: Cut; before: BeforeStep } {
  const cut: Cut = { steps: [], after: [], dead: false };
  const before = async (step: Step) => {
    if (cut.dead) return new Promise<void>(() => {});
    cut.steps.push(step);
    if (cut.steps.length === at) await meanwhile();
    if (cut.steps.length >= at) cut.after.push(step);
  };
  return { cut, before };
}

/**
 * Runs the scenario with the other event before the first step of the work, before the second, and so on to the last.
 * Answers the steps of the whole work.
 */
export async function atEveryStep(scenario: (at: number) => Promise<Cut>): Promise<Step[]> {
  for (let at = 1; at < 40; at++) {
    const { steps, after } = await scenario(at);
    if (after.length === 0) {
      expect(at).toBe(steps.length + 1);
      return steps;
    }
  }
  throw new Error('no work takes that many steps');
}

/** True where the wanted steps are among the steps, in their order. */
export function isWithin(wanted: readonly Step[], steps: readonly Step[]): boolean {
  let found = 0;
  for (const step of steps) if (step === wanted[found]) found++;
  return found === wanted.length;
}
