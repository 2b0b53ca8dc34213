import { existing, forget, once } from '#lib/process-parts';

const part = 'on-hangup';

/** Keeps SIGHUP from ending the process, from its first moment on. A start reads the configuration anyway. */
export function outliveHangup(): void {
  once('hangup', () => process.on('SIGHUP', () => existing<() => void>(part)?.()));
}

/** Calls `listener` at each SIGHUP from now on, until the answered function is called. */
export function onHangup(listener: () => void): () => void {
  outliveHangup();
  forget(part);
  once(part, () => listener);
  return () => forget(part);
}
