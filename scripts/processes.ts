import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();

/** Starts a program in the project's folder and remembers it until it has ended. */
export function start(command: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(command, args, { cwd: new URL('..', import.meta.url), stdio: 'inherit', ...options });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Runs a program to its end. The status is that of a shell: 127 when it could not be started, 128 + n for a signal. */
export async function run(command: string, args: string[], options: SpawnOptions = {}): Promise<number> {
  const child = start(command, args, options);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      resolve(127);
    });
    child.once('close', (code) => resolve(code ?? 143));
  });
}

/** Runs a program and collects what it writes. */
export async function capture(
  command: string,
  args: string[],
  options: SpawnOptions = {},
): Promise<{ status: number; output: string }> {
  const child = start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: 127, output: error.message }));
    child.once('close', (code) => resolve({ status: code ?? 143, output }));
  });
}

/** Asks a program to end, waits, and kills it when it has not ended after the grace period. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const overdue = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(overdue);
}

/** Ends every program that `start` began and that still runs. */
export async function endAll(signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<void> {
  await Promise.all([...running].map((child) => end(child, signal, graceMs)));
}

/**
 * Calls the handler once: when a signal asks this process to end, or when the process that started it is gone (its
 * channel closes). Later signals are ignored, so that a second Ctrl-C does not cut the clean end short.
 */
export function onEnd(handler: (status: number) => Promise<void>): void {
  let called = false;
  const call = (status: number) => {
    if (called) return;
    called = true;
    void handler(status);
  };
  process.on('SIGINT', () => call(130));
  process.on('SIGTERM', () => call(143));
  process.on('SIGHUP', () => call(129));
  if (process.channel) {
    process.on('disconnect', () => call(143));
    // Listening must not keep the process alive.
    process.channel.unref();
  }
}
