import { isProduction } from '#lib/config/mode';
import { getLogger } from '#lib/log';
import { existing, once } from '#lib/process-parts';

const part = 'on-end';

type End = (signal: NodeJS.Signals) => void;

/** Nothing is served yet, and a start that is cut off is made anew by the next one. */
function endAtOnce(signal: NodeJS.Signals): never {
  if (isProduction()) {
    getLogger().info({ event: 'draining', signal });
    getLogger().info({ event: 'stopped' });
  }
  process.exit(0);
}

/**
 * Ends the process at SIGTERM and SIGINT from its first moment on, with status 0. The first process of a container gets no
 * signal that it does not listen to: one that came while it starts would be lost, and the end would be a kill.
 */
export function hearEndSignals(): void {
  once('end-signals', () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.on(signal, () => (existing<End>(part) ?? endAtOnce)(signal));
    return true;
  });
}

/** Ends the process in another way from now on, as by finishing its requests. */
export function onEndSignal(end: End): void {
  hearEndSignals();
  once(part, () => end);
}
