import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PGlite } from '@electric-sql/pglite';

/** Milliseconds of a turn of the event loop after which the next statement waits for another turn. */
const turnMs = 10;

/**
 * Lets everybody else of the process have a turn. PGlite answers within the turn of the event loop in which it was asked:
 * work of many statements would keep calls from being read, however short each statement is. A transaction counts as one.
 */
export function giveTurns(pglite: PGlite): void {
  /** When the first statement of this turn was asked for (`performance.now()`). */
  let began: number | undefined;
  const exclusive = pglite._runExclusiveTransaction.bind(pglite);
  pglite._runExclusiveTransaction = async (work) => {
    if (began === undefined) {
      began = performance.now();
      setImmediate(() => {
        began = undefined;
      });
    } else if (performance.now() - began > turnMs) await nextTurn();
    return exclusive(work);
  };
}
