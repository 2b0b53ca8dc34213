/**
 * Time limits that count only the time in which the event loop ran. A process that was stopped (SIGSTOP, a paused virtual
 * machine, a starved processor) wakes with answers in its sockets and with every timer overdue; Node runs the timers
 * first. A plain limit would throw away what has arrived, and with it the only copy of a rotated token.
 */

/** Milliseconds that are counted at a time: a stop of any length counts as one of these. */
const sliceMs = 250;

/**
 * Calls `act` after so many milliseconds of running time, and only after the sockets were read once more. The answered
 * function calls it off.
 */
export function afterRunning(ms: number, act: () => void): () => void {
  let left = ms;
  let turn: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout;
  let extended = false;
  const next = () => {
    const slice = Math.min(left, sliceMs);
    const begunAt = performance.now();
    timer = setTimeout(() => {
      left -= slice;
      const stood = performance.now() - begunAt - slice > sliceMs;
      // A stop at the very end leaves no running time to read what came meanwhile: it gets one more slice.
      if (left <= 0 && stood && !extended) {
        extended = true;
        left = sliceMs;
      }
      if (left > 0) return next();
      // Sockets are read between timers and immediates: bytes that are there already come first.
      turn = setImmediate(() => {
        turn = setImmediate(act);
      });
    }, slice);
  };
  next();
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

/** A limit of running time as a signal. */
export interface Deadline {
  signal: AbortSignal;
  /** Ends the counting. */
  clear(): void;
}

/** Aborts its signal with a `TimeoutError` after so many milliseconds of running time. */
export function runningDeadline(ms: number): Deadline {
  const controller = new AbortController();
  const clear = afterRunning(ms, () => controller.abort(new DOMException('The time is over.', 'TimeoutError')));
  return { signal: controller.signal, clear };
}

/** Resolves as the work does, or rejects with `late()` after so many milliseconds of running time. */
export async function withinRunning<T>(ms: number, work: Promise<T>, late: () => unknown): Promise<T> {
  const over = Promise.withResolvers<never>();
  const clear = afterRunning(ms, () => over.reject(late()));
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    clear();
  }
}

/** Resolves after so many milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A moment on both of this process's clocks. */
export interface Moment {
  monotonic: number;
  wall: number;
}

export const momentNow = (): Moment => ({ monotonic: performance.now(), wall: Date.now() });

/**
 * Milliseconds since a moment, by the clock that says more: the monotonic one may stand still while the machine sleeps,
 * the other may be set. To be used where too much is harmless and too little is not.
 */
export const msSince = ({ monotonic, wall }: Moment): number =>
  Math.max(performance.now() - monotonic, Date.now() - wall);
