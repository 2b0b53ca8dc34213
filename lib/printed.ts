import { format, stripVTControlCharacters } from 'node:util';
import { isProduction } from '#lib/config/mode';
import { getLogger } from '#lib/log';
import { once } from '#lib/process-parts';

/**
 * One writer to standard output: text that a library or Node itself prints becomes one line of the log, scrubbed and
 * bounded. It may hold text of a client, and must neither look like a line of ours nor fill the disk.
 */

/** Characters of a printed text that are kept. */
const longestText = 500;

/** Lines of printed text in each window of so many milliseconds; the rest is counted. */
const mostInWindow = 20;
const windowMs = 10_000;

type Level = 'info' | 'warn' | 'error';

const levels: Readonly<Record<string, Level>> = {
  log: 'info',
  info: 'info',
  debug: 'info',
  dir: 'info',
  table: 'info',
  warn: 'warn',
  error: 'error',
  trace: 'error',
};

/** Counts within a window, and says what was left out when the window is over. */
function createBudget(): () => boolean {
  let printed = 0;
  const renew = () => {
    if (printed > mostInWindow) getLogger().warn({ event: 'printed_omitted', lines: printed - mostInWindow });
    printed = 0;
  };
  return () => {
    if (printed === 0) setTimeout(renew, windowMs).unref();
    printed += 1;
    return printed <= mostInWindow;
  };
}

/** A text as the log may have it; the log itself takes secrets out. Drizzle puts a statement's parameters at its end. */
function bounded(text: string): string {
  const plain = stripVTControlCharacters(text.slice(0, 4 * longestText)).replace(/\nparams: [\s\S]*$/, '');
  return plain.trim().slice(0, longestText);
}

/** Objects are named only: their contents are not ours to know. */
const nameOf = (value: unknown) =>
  typeof value === 'object' && value !== null ? `[${value.constructor?.name ?? 'Object'}]` : value;

/** The fields of a line for what was given to the console; none where it says nothing. */
export function describePrinted(given: readonly unknown[]): { text?: string; err?: unknown } {
  const error = given.find((value) => value instanceof Error);
  const text = bounded(format(...given.filter((value) => value !== error).map(nameOf)));
  return { ...(text === '' ? {} : { text }), ...(error ? { err: error } : {}) };
}

/** Sends the writes to a stream to the log instead, each write as one line. */
function takeStream(stream: NodeJS.WriteStream, print: (level: Level, given: readonly unknown[]) => void): void {
  const level = stream === process.stderr ? 'warn' : 'info';
  const write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    print(level, [typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()]);
    const done = rest.find((one) => typeof one === 'function');
    if (done) process.nextTick(done as () => void);
    return true;
  };
  stream.write = write as typeof stream.write;
}

/**
 * Makes the log the one writer of this process in production, and says at once that it starts; loading the rest takes
 * seconds. Development prints as it likes.
 * @returns a function that lets go of uncaught faults, which end the process until then with one line: Next takes them
 * later
 */
export function ownOutput(): () => void {
  if (!isProduction()) return () => {};
  return once('own-output', () => {
    const mayPrint = createBudget();
    const print = (level: Level, given: readonly unknown[]) => {
      const fields = describePrinted(given);
      if (Object.keys(fields).length > 0 && mayPrint()) getLogger()[level]({ event: 'printed', ...fields });
    };
    for (const [name, level] of Object.entries(levels))
      Object.assign(console, { [name]: (...given: unknown[]) => print(level, given) });
    takeStream(process.stdout, print);
    takeStream(process.stderr, print);
    // Node writes warnings past both streams, by a listener of its own.
    process.removeAllListeners('warning');
    process.on('warning', (warning) => print('warn', [warning]));
    const fatal = (error: unknown) => {
      getLogger().fatal({ event: 'uncaught', err: error });
      process.exit(1);
    };
    process.on('uncaughtException', fatal);
    getLogger().info({ event: 'starting', process_id: process.pid, node: process.version });
    return () => void process.off('uncaughtException', fatal);
  });
}

/** Ignores SIGUSR1, with which Node would open its inspector, and all that is in memory, to every user of the machine. */
export function ignoreInspectorSignal(): void {
  once('inspector-signal', () =>
    process.on('SIGUSR1', () => getLogger().warn({ event: 'signal_ignored', signal: 'SIGUSR1' })),
  );
}
