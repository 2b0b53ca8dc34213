import { mock } from 'node:test';

/** A clock that stands still unless it is told to go on: for timers, `Date`, `performance.now()` and PGlite's own. */
export interface VirtualTime {
  now(): number;
  pass(ms: number): void;
  stop(): void;
}

/** Takes over every clock of this process until `stop`. Immediates stay real. */
export function startVirtualTime(): VirtualTime {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.now() });
  const begunAt = Date.now();
  const real = performance.now;
  // PGlite and the product look at it afresh each time.
  performance.now = () => Date.now() - begunAt;
  return {
    now: () => Date.now(),
    pass: (ms) => mock.timers.tick(ms),
    stop: () => {
      performance.now = real;
      mock.timers.reset();
    },
  };
}
